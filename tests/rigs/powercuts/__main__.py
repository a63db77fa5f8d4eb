"""`make powercuts`: the power goes under load, and nothing that was acknowledged is lost.

The disk is a file system in a file. At a cut the writer is stopped where it stands and the file
copied: the copy holds what had reached the disk, and nothing of what the kernel still kept.
"""

import argparse
import asyncio
import os
import random
import re
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from services.chassis.bus.errors import BusError
from services.chassis.bus.sending import Bus, connect_bus
from services.chassis.bus_server import BusServer
from services.chassis.children import Child, start_child
from services.chassis.event_store import open_event_store
from services.chassis.logging import configure_logging
from services.chassis.unavailable import Unavailable
from tests.rigs.disks import Disk, need_mounts
from tests.rigs.powercuts.appender import BREATH
from tests.rigs.saying import say
from trellis_contracts import subjects

_PUBLISHERS = 16
_AT_ONCE = 200
"""Messages that are asked for together."""
_ID = re.compile(r"^([0-9a-f-]{36})\n", re.MULTILINE)
_APPENDER = Path(__file__).with_name("appender.py")


@dataclass(frozen=True)
class Load:
    """Something that writes, and what it was told is kept."""

    pid: int
    acknowledged: Callable[[], list[str]]


@asynccontextmanager
async def appending(disk: Path, notes: Path) -> AsyncIterator[Load]:
    """The event store, written as the orchestrator writes it."""
    argv = [sys.executable, str(_APPENDER), f"sqlite://{disk}/events.sqlite"]
    writer = await start_child(argv, log=notes, environment=os.environ)
    try:
        yield Load(writer.pid, lambda: _ids(notes))
    finally:
        await _killed(writer)


async def stored(disk: Path) -> list[str]:
    """Every event that the store has, and verifies."""
    store = open_event_store(f"sqlite://{disk}/events.sqlite")
    try:
        return [str(event.id) async for event in store.read_all()]
    finally:
        await store.close()


@asynccontextmanager
async def publishing(disk: Path, _notes: Path) -> AsyncIterator[Load]:
    """The inbox of the bus, filled as ingest fills it."""
    server, acknowledged = BusServer(disk), list[str]()
    bus = await connect_bus(await server.start(), service="powercuts")
    publishers = [asyncio.create_task(_publish(bus, acknowledged)) for _ in range(_PUBLISHERS)]
    try:
        assert server.pid
        yield Load(server.pid, lambda: list(acknowledged))
    finally:
        for publisher in publishers:
            publisher.cancel()
        await asyncio.gather(*publishers, return_exceptions=True)
        if server.pid:
            os.kill(server.pid, signal.SIGCONT)
        await bus.stop()
        await server.stop()


async def _publish(bus: Bus, acknowledged: list[str]) -> None:
    while True:
        delivery = str(uuid4())
        with suppress(BusError, Unavailable):
            await bus.publish(subjects.INBOX, os.urandom(300), message_id=delivery)
            acknowledged.append(delivery)
        await asyncio.sleep(BREATH)


async def in_the_inbox(disk: Path) -> list[str]:
    """Every message that the inbox has."""
    server = BusServer(disk)
    bus = await connect_bus(await server.start(), service="powercuts")
    try:
        state = (await bus.jetstream.stream_info("INBOX")).state
        found: list[str] = []
        for first in range(state.first_seq or 1, state.last_seq + 1, _AT_ONCE):
            many = range(first, min(first + _AT_ONCE, state.last_seq + 1))
            read = (bus.jetstream.get_msg("INBOX", sequence) for sequence in many)
            found += [(one.headers or {})["Nats-Msg-Id"] for one in await asyncio.gather(*read)]
        return found
    finally:
        await bus.stop()
        await server.stop()


async def cut(
    folder: Path,
    load: Callable[[Path, Path], AbstractAsyncContextManager[Load]],
    kept: Callable[[Path], Awaitable[list[str]]],
    *,
    cuts: int,
    chance: random.Random,
) -> tuple[int, int, int]:
    """Cut the power several times; count what was acknowledged, lost and doubled at the last."""
    disk, counted = Disk(folder), [0, 0, 0]
    with disk.mounted() as mounted:
        async with load(mounted, folder / "notes") as writing:
            while not writing.acknowledged():  # noqa: ASYNC110 - a list that grows
                await asyncio.sleep(0.05)
            for number in range(cuts):
                await asyncio.sleep(chance.uniform(0.2, 1.0))
                os.kill(writing.pid, signal.SIGSTOP)
                acknowledged = writing.acknowledged()
                with disk.as_after_a_power_cut(number) as found:
                    there = Counter(await kept(found))
                os.kill(writing.pid, signal.SIGCONT)
                lost = [one for one in acknowledged if one not in there]
                doubled = [one for one, times in there.items() if times > 1]
                say(f"   cut {number + 1}: {len(acknowledged)} acknowledged, {len(lost)} lost")
                counted = [len(acknowledged), counted[1] + len(lost), counted[2] + len(doubled)]
    return counted[0], counted[1], counted[2]


def _ids(notes: Path) -> list[str]:
    """Every id that was written down to its end, between what the process logs."""
    return _ID.findall(notes.read_text())


async def _killed(writer: Child) -> None:
    with suppress(ProcessLookupError):
        os.kill(writer.pid, signal.SIGKILL)
    await writer.wait()


async def main(cuts: int, seed: int) -> int:
    """Cut, count and say; 1 when anything was lost or doubled."""
    need_mounts("powercuts")
    began, chance, told, wrong = time.monotonic(), random.Random(seed), [], 0  # noqa: S311 - no secret
    for name, load, kept in (
        ("event store", appending, stored),
        ("bus", publishing, in_the_inbox),
    ):
        say(f"{name}: {cuts} cuts")
        with tempfile.TemporaryDirectory(prefix="trellis-powercuts-") as folder:
            acknowledged, lost, doubled = await cut(
                Path(folder), load, kept, cuts=cuts, chance=chance
            )
        wrong += lost + doubled
        told.append(f"{name}: {acknowledged} acknowledged, {lost} lost, {doubled} doubled")
    say(
        f"powercuts: {cuts} each (seed {seed}); {'; '.join(told)}; {time.monotonic() - began:.0f} s"
    )
    return 1 if wrong else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.rigs.powercuts", description=__doc__)
    parser.add_argument("--cuts", type=int, default=20)
    parser.add_argument("--seed", type=int, default=int(time.time()) % 100_000)
    given = parser.parse_args()
    configure_logging("powercuts", "error")
    sys.exit(asyncio.run(main(given.cuts, given.seed)))
