"""What `trellis up` does beside its parts: watches the disk, keeps logs small, shows them."""

import asyncio
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from cli.data_folder import disk_notice
from cli.supervisor import Say

EVERY_SECONDS = 60.0
LARGEST_LOG = 10 << 20
KEPT_LOGS = 3

_LOOK_SECONDS = 0.2


async def keep_house(data: Path, logs: Sequence[Path], *, say: Say) -> None:
    """Once a minute, for ever: say when the disk is filling, and cut logs that have grown."""
    while True:
        if notice := await asyncio.to_thread(disk_notice, data):
            say(notice)
        await asyncio.to_thread(rotate_all, logs)
        await asyncio.sleep(EVERY_SECONDS)


def rotate_all(logs: Sequence[Path], *, largest: int = LARGEST_LOG) -> None:
    """Put aside every log larger than `largest` bytes, and keep the newest three of each.

    A running program goes on writing to the same file, which is copied and then emptied: what it
    writes in between, microseconds long, is lost. It was opened for appending, so nothing else is.
    """
    for log in logs:
        if log.exists() and log.stat().st_size > largest:
            _rotate(log)


def _rotate(log: Path) -> None:
    for number in range(KEPT_LOGS - 1, 0, -1):
        older = _numbered(log, number)
        if older.exists():
            older.replace(_numbered(log, number + 1))
    shutil.copy(log, _numbered(log, 1))
    with log.open("r+b") as file:
        file.truncate(0)


def _numbered(log: Path, number: int) -> Path:
    return log.with_name(f"{log.name}.{number}")


async def show_logs(logs: Mapping[str, Path], *, say: Say) -> None:
    """Say every line that comes into the logs from now on, for ever, after the name of its part."""
    seen = {part: _size(log) for part, log in logs.items()}
    while True:
        for part, log in logs.items():
            text, seen[part] = await asyncio.to_thread(whole_lines, log, seen[part])
            for line in text.splitlines():
                say(f"{part} | {line}")
        await asyncio.sleep(_LOOK_SECONDS)


def whole_lines(log: Path, seen: int) -> tuple[str, int]:
    """Give what came into a log behind its first `seen` bytes, and how many are seen then."""
    if _size(log) < seen:  # it was put aside, or begun anew
        seen = 0
    try:
        with log.open("rb") as file:
            file.seek(seen)
            news = file.read()
    except OSError:
        return "", 0
    whole = news[: news.rfind(b"\n") + 1]
    return whole.decode(errors="replace"), seen + len(whole)


def _size(log: Path) -> int:
    return log.stat().st_size if log.exists() else 0
