"""The built pages: where they lie, and whether they were built from these sources.

ExportMissing       nobody has built the pages
"""

import hashlib
from pathlib import Path

PACKAGE = Path(__file__).parent
WEB = PACKAGE / "_web"
"""What `make dashboard` makes and the wheel holds: `build/client` and `backend`."""

STAMP = WEB / "sources.sha256"
SUFFIXES = frozenset({".py", ".jsx", ".css", ".svg", ".ico", ".json", ".lock"})
_NOT_SOURCES = {"_web", "__pycache__"}


class ExportMissing(Exception):
    """There are no pages to serve."""

    def __init__(self) -> None:
        super().__init__("The dashboard's pages are not built. Build them: make dashboard.")


def is_there() -> bool:
    """Whether the pages have been built, from whatever sources."""
    return (WEB / "build" / "client" / "index.html").is_file()


def is_fresh() -> bool:
    """Whether the pages have been built from the sources as they are now."""
    return is_there() and STAMP.is_file() and STAMP.read_text() == sources_digest()


def sources_digest() -> str:
    """Give the digest of every file that the pages are built from."""
    digest = hashlib.sha256()
    for path in sorted(PACKAGE.rglob("*")):
        inside = path.relative_to(PACKAGE)
        if path.is_file() and path.suffix in SUFFIXES and not _NOT_SOURCES & set(inside.parts):
            digest.update(f"{inside}\0".encode() + path.read_bytes() + b"\0")
    return digest.hexdigest()
