"""Files that must outlive a power cut: for their owner alone, whole or not there, synced."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


def write_once(path: Path, content: bytes) -> None:
    """Make a file of mode 0600; if there is one already, leave it as it is."""
    with _written_beside(path, content) as finished, suppress(FileExistsError):
        path.hardlink_to(finished)


def replace(path: Path, content: bytes, *, mode: int = 0o600) -> None:
    """Put a file in the place of another: a reader sees the old one or the new, never a part."""
    with _written_beside(path, content) as finished:
        finished.chmod(mode)
        finished.rename(path)


@contextmanager
def _written_beside(path: Path, content: bytes) -> Iterator[Path]:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}.{os.urandom(4).hex()}")
    try:
        with open(beside, "xb", opener=_private) as file:  # Path.open has no opener
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        yield beside
    finally:
        beside.unlink(missing_ok=True)
    _sync(path.parent)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
