"""Lists an assembly's folder for the check: reads only plain files, and follows nothing."""

import hashlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from services.builder.domain.assembly.listing import LIMITS, Entry, Kind, Limits, Listing

_PLAIN = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_BLOCK = 1 << 20


def read_assembly(folder: Path, limits: Limits = LIMITS) -> Listing:
    """List everything below the folder, with the digest of every file that is not too large.

    No more than the limits allow is read; the listing says if there was more.
    """
    entries: list[Entry] = []
    for path, found in _walk(folder, ""):
        if len(entries) >= limits.files:
            return Listing(tuple(entries), complete=False)
        entries.append(_entry(folder / path, path, found, limits=limits))
    return Listing(tuple(sorted(entries, key=lambda entry: entry.path)))


def _walk(folder: Path, prefix: str) -> Iterator[tuple[str, os.stat_result]]:
    with os.scandir(folder) as children:
        for child in children:
            path = prefix + child.name
            yield path, child.stat(follow_symlinks=False)
            if child.is_dir(follow_symlinks=False):
                yield from _walk(Path(child.path), f"{path}/")


def _entry(file: Path, path: str, found: os.stat_result, *, limits: Limits) -> Entry:
    kind = _kind(found.st_mode)
    shown = path.encode(errors="replace").decode()
    if kind is not Kind.FILE or found.st_nlink != 1 or found.st_size > limits.file_bytes:
        return Entry(path=shown, kind=kind, size=found.st_size, links=found.st_nlink)
    is_document = path.endswith(".json") and found.st_size <= limits.document_bytes
    digest, content = _content(file, keep=is_document)
    return Entry(
        path=shown,
        kind=kind,
        size=found.st_size,
        sha256=digest,
        text=content.decode(errors="replace") if is_document else None,
    )


def _content(file: Path, *, keep: bool) -> tuple[str, bytes]:
    digest, kept = hashlib.sha256(), bytearray()
    with open(os.open(file, _PLAIN), "rb") as content:  # noqa: PTH123 - opened without following
        while block := content.read(_BLOCK):
            digest.update(block)
            if keep:
                kept += block
    return digest.hexdigest(), bytes(kept)


def _kind(mode: int) -> Kind:
    if stat.S_ISREG(mode):
        return Kind.FILE
    if stat.S_ISDIR(mode):
        return Kind.FOLDER
    return Kind.LINK if stat.S_ISLNK(mode) else Kind.OTHER
