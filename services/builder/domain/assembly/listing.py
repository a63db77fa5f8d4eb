"""What lies in an assembly's folder, as it was read without following anything."""

from dataclasses import dataclass, field
from enum import StrEnum


class Kind(StrEnum):
    """What a path is."""

    FILE = "file"
    FOLDER = "folder"
    LINK = "link"
    OTHER = "other"
    """A device, a pipe, a socket."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One path below the assembly's root, in bytes and links as the disk has it.

    `sha256` is there for files that are small enough to be an assembly's, `text` for those of
    them that are JSON.
    """

    path: str
    kind: Kind
    size: int = 0
    links: int = 1
    sha256: str | None = None
    text: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Listing:
    """Everything below the root; `complete` is false when there was more than may be read."""

    entries: tuple[Entry, ...]
    complete: bool = True


@dataclass(frozen=True, slots=True)
class Limits:
    """How much an assembly may hold; CloudFormation's own limits where it has one."""

    files: int = 2_000
    file_bytes: int = 300 << 20
    total_bytes: int = 600 << 20
    document_bytes: int = 8 << 20
    template_bytes: int = 1_000_000
    resources: int = 500
    stacks: int = 50


LIMITS = Limits()
