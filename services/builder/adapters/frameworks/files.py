"""Reads the beginning of a file in a hostile checkout: a plain one, through no link."""

import os
import stat
from pathlib import Path

_ENOUGH = 256 << 10


def beginning(file: Path, *, most: int = _ENOUGH) -> bytes:
    """Read the first part of a plain file; nothing of what is none, or is a link."""
    try:
        opened = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return b""
    with open(opened, "rb") as content:  # noqa: PTH123 - a descriptor that follows no link
        return content.read(most) if stat.S_ISREG(os.fstat(opened).st_mode) else b""
