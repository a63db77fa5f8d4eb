"""Starts the bus again after its disk was full, as soon as the disk has space.

A nats-server that once could not write a stream takes nothing for it until it is started again,
whatever space there is meanwhile (seen with 2.15.1: "Critical write error … no space left on
device" in its log, then "503 insufficient storage" for ever).
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

from cli.housekeeping import whole_lines
from cli.supervisor import Say

EVERY_SECONDS = 2.0
ENOUGH_BYTES = 4 << 20
"""What must be free: less would be full again after a few hundred webhooks."""

_FULL = "no space left on device"
_TRIAL = "space-trial"


async def revive(log: Path, restart: Callable[[], Awaitable[None]], *, say: Say) -> None:
    """For ever: when the log of the bus says that its disk was full, restart it once it is not."""
    seen, broken = 0, False
    while True:
        await asyncio.sleep(EVERY_SECONDS)
        text, seen = await asyncio.to_thread(whole_lines, log, seen)
        if _FULL in text.lower() and not broken:
            say(f"The bus's disk is full: webhooks are refused until {log.parent} has space.")
            broken = True
        if broken and await asyncio.to_thread(has_space, log.parent):
            say("The bus's disk has space again: the bus is started again.")
            await restart()
            seen, broken = 0, False


def has_space(folder: Path) -> bool:
    """Whether enough can really be written there now, whatever the file system counts as free."""
    trial = folder / _TRIAL
    try:
        with trial.open("wb", buffering=0) as file:
            return file.write(b"\0" * ENOUGH_BYTES) == ENOUGH_BYTES
    except OSError:
        return False
    finally:
        with suppress(OSError):
            trial.unlink(missing_ok=True)
