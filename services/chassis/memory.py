"""Gives the memory of large messages back to the system as soon as they are done with."""

import ctypes
import sys
from contextlib import suppress

_MMAP_THRESHOLD = -3
"""`M_MMAP_THRESHOLD` of glibc's malloc.h."""
_LARGE = 1 << 20


def give_back_large_blocks() -> None:
    """Let every block of a megabyte or more be mapped for itself, and unmapped when freed.

    glibc raises that limit up to 32 MiB when it sees such blocks freed; bodies of webhooks then
    stay in its heap, between smaller blocks, as memory that nobody has and nobody gives back
    (mallopt(3)). Does nothing where the C library is another one.
    """
    if sys.platform == "linux":
        with suppress(AttributeError, OSError):
            ctypes.CDLL(None).mallopt(_MMAP_THRESHOLD, _LARGE)
