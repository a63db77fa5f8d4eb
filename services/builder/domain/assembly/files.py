"""The files of an assembly: plain, few and small enough, inside it, and as they were written."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from services.builder.domain.assembly.listing import Entry, Kind, Limits, Listing
from services.builder.domain.assembly.reach import Reach
from services.builder.domain.assembly.refusals import (
    Altered,
    NotAPlainFile,
    PathOutside,
    TooMuch,
)

_ODD = {Kind.LINK: "a symbolic link", Kind.OTHER: "a device, a pipe or a socket"}

Files = Mapping[str, Entry]


@dataclass(frozen=True, slots=True)
class Case:
    """What is judged, and by what it is judged."""

    files: Files
    reach: Reach
    limits: Limits


def plain_files(listing: Listing, limits: Limits) -> dict[str, Entry]:
    """Give the files by their path.

    Raises:
        TooMuch: there are more or larger ones than an assembly may hold.
        NotAPlainFile: one is a link, hard or symbolic, a device, a pipe or a socket.
        PathOutside: one lies elsewhere.
    """
    if not listing.complete or len(listing.entries) > limits.files:
        raise TooMuch(f"more than {limits.files} files", f"{limits.files} files")
    for entry in listing.entries:
        _check_entry(entry, limits)
    files = {entry.path: entry for entry in listing.entries if entry.kind is Kind.FILE}
    total = sum(entry.size for entry in files.values())
    if total > limits.total_bytes:
        raise TooMuch(f"{_mebibytes(total)} of files", _mebibytes(limits.total_bytes))
    return files


def inside(path: str, files: Files) -> Entry:
    """Give the file that a document names.

    Raises:
        PathOutside: the path is absolute, or leads out of the assembly.
        Altered: there is no such file.
    """
    _check_path(path)
    found = files.get(str(PurePosixPath(path)))
    if found is None:
        raise Altered(path, "is not there")
    return found


def check_digests(written: Mapping[str, str], files: Files, *, besides: Iterable[str]) -> None:
    """See that there is every file that was written, unchanged, and none more.

    Raises:
        PathOutside, Altered: naming the first that is not so.
    """
    for path, digest in sorted(written.items()):
        if inside(path, files).sha256 != digest:
            raise Altered(path, "was changed after the assembly was made")
    for path in sorted(set(files) - set(written) - set(besides)):
        raise Altered(path, "was added after the assembly was made")


def _check_entry(entry: Entry, limits: Limits) -> None:
    _check_path(entry.path)
    if entry.kind in _ODD:
        raise NotAPlainFile(entry.path, _ODD[entry.kind])
    if entry.kind is Kind.FILE and entry.links != 1:
        raise NotAPlainFile(entry.path, "a hard link to a file elsewhere")
    if entry.size > limits.file_bytes:
        what = f"{entry.path} has {_mebibytes(entry.size)}"
        raise TooMuch(what, f"{_mebibytes(limits.file_bytes)} for one file")


def _check_path(path: str) -> None:
    parts = PurePosixPath(path).parts
    if path.startswith("/") or ".." in parts or not parts or "\0" in path or "\\" in path:
        raise PathOutside(path[:200])


def _mebibytes(size: int) -> str:
    return f"{size >> 20} MiB"
