"""How much memory and how many processors one command may take, and how much it takes.

No privilege is needed: the processes are looked at from outside, several times a second. So a
command may pass its limit for a moment; and one that wants to can put itself on more processors.
"""

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from secrets import SystemRandom

_PROC = Path("/proc")
_MINE = _PROC / f"self/task/{os.getpid()}/children"
_ROUGHLY = ("RssAnon:", "RssShmem:", "VmSwap:")
_EXACTLY = ("Pss_Anon:", "Pss_Shmem:", "SwapPss:")


@dataclass(frozen=True, slots=True)
class Room:
    """Memory of all processes of a command together, and processors that they run on."""

    memory_bytes: int
    cpus: int


def of_machine() -> Room:
    """Give what this machine has, and lets the builder use."""
    total = _kibibytes(_PROC / "meminfo", ("MemTotal:",))
    return Room(total << 10, len(os.sched_getaffinity(0)))


def is_watched() -> bool:
    """Say whether this kernel tells which processes a command has (CONFIG_PROC_CHILDREN)."""
    return _MINE.exists()


def exceeds(root: int, room: Room) -> bool:
    """Say whether a process and all below it hold more than there is room for."""
    if held_bytes(root) <= room.memory_bytes:
        return False
    return sum(_exactly(pid) for pid in _tree(root)) << 10 > room.memory_bytes


def held_bytes(root: int) -> int:
    """Give what a process and all below it hold; what several share is counted for each."""
    return sum(_kibibytes(_PROC / f"{pid}/status", _ROUGHLY) for pid in _tree(root)) << 10


@contextlib.contextmanager
def on_cpus(room: Room | None) -> Iterator[None]:
    """What this thread starts in the block runs on so many processors, and no others."""
    if room is None:
        yield
        return
    allowed = os.sched_getaffinity(0)
    chosen = SystemRandom().sample(sorted(allowed), min(room.cpus, len(allowed)))
    os.sched_setaffinity(0, chosen)
    try:
        yield
    finally:
        os.sched_setaffinity(0, allowed)


def _tree(root: int) -> Iterator[int]:
    waiting = [root]
    while waiting:
        pid = waiting.pop()
        yield pid
        for children in _PROC.glob(f"{pid}/task/*/children"):
            with contextlib.suppress(OSError):  # it has ended
                waiting += [int(child) for child in children.read_text().split()]


def _exactly(pid: int) -> int:
    """What is shared is divided; where that may not be read, it is counted whole."""
    try:
        return _sum((_PROC / f"{pid}/smaps_rollup").read_text(), _EXACTLY)
    except PermissionError:
        return _kibibytes(_PROC / f"{pid}/status", _ROUGHLY)
    except OSError:
        return 0


def _kibibytes(file: Path, names: tuple[str, ...]) -> int:
    with contextlib.suppress(OSError):
        return _sum(file.read_text(), names)
    return 0


def _sum(text: str, names: tuple[str, ...]) -> int:
    return sum(int(line.split()[1]) for line in text.splitlines() if line.startswith(names))
