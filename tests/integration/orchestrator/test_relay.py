"""EVENTS holds what the store holds, in its order, each once, whatever happens to who publishes."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import pytest
from nats.js.api import DeliverPolicy

from services.chassis.bus.sending import Bus, connect_bus
from services.chassis.clock import system_clock
from services.chassis.event_store import open_event_store
from services.chassis.event_store.port import EventStore
from services.chassis.recording import to_recorded
from services.orchestrator.adapters.relay import ForeignEvents, Relay, RelayBehind
from services.orchestrator.adapters.streams import Streams
from tests.support.deployments import failed, requested, started
from tests.support.nats import running_nats
from tests.support.orchestration import until
from trellis_contracts import codec
from trellis_contracts.message import Message, Recorded
from trellis_contracts.names import derived_id

RELAY = """
import asyncio, sys
from services.chassis.bus.sending import connect_bus
from services.chassis.event_store import open_event_store
from services.orchestrator.adapters.relay import Relay

async def main():
    bus = await connect_bus(sys.argv[2], service="relay")
    await Relay(open_event_store(sys.argv[1], read_only=True), bus).run()

asyncio.run(main())
"""


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[EventStore]:
    store = open_event_store(url_of(tmp_path))
    yield store
    await store.close()


@pytest.fixture
async def bus(nats_url: str) -> AsyncIterator[Bus]:
    bus = await connect_bus(nats_url, service="reader")
    yield bus
    await bus.stop()


def url_of(folder: Path) -> str:
    return f"sqlite:///{folder / 'events.sqlite'}"


async def fill(store: EventStore, *, first: int, appends: int) -> None:
    """Three events to each of so many streams."""
    streams = Streams(store, system_clock)
    for number in range(first, first + appends):
        events: list[Message] = [requested(1), started(1), failed(1)]
        await streams.append(
            f"environment-{number}",
            events,
            after=-1,
            actor="person:ana",
            causation=derived_id("fill", number),
        )


async def published(bus: Bus) -> list[Recorded]:
    """Everything that EVENTS holds, in its order."""
    kept = (await bus.jetstream.stream_info("EVENTS")).state.messages
    reading = await bus.jetstream.subscribe(
        "trellis.event.>", ordered_consumer=True, deliver_policy=DeliverPolicy.ALL
    )
    messages = [await reading.next_msg(timeout=5) for _ in range(kept)]
    await reading.unsubscribe()
    return [codec.from_headers(message.headers or {}, message.data) for message in messages]


async def stored(store: EventStore) -> list[Recorded]:
    previous, found = None, []
    async for event in store.read_all():
        found.append(to_recorded(event, previous=previous))
        previous = event.position
    return found


async def has(bus: Bus, events: int) -> bool:
    return (await bus.jetstream.stream_info("EVENTS")).state.messages >= events


@asynccontextmanager
async def relaying(store: EventStore, bus: Bus) -> AsyncIterator[Relay]:
    relay = Relay(store, bus)
    work = asyncio.create_task(relay.run())
    try:
        yield relay
    finally:
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)


@asynccontextmanager
async def relay_process(folder: Path, url: str) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", RELAY, url_of(folder), url)
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def test_what_is_stored_is_published_with_everything_known_about_it(
    store: EventStore, bus: Bus
) -> None:
    async with relaying(store, bus):
        await fill(store, first=0, appends=2)
        await until(lambda: has(bus, 6))
    assert await published(bus) == await stored(store)
    last = await bus.jetstream.get_last_msg("EVENTS", "trellis.event.>")
    assert last.headers is not None
    assert last.headers["Nats-Msg-Id"] == str((await stored(store))[-1].envelope.id)


@pytest.mark.slow
async def test_two_relays_that_are_killed_lose_and_double_nothing(  # noqa: PLR0917 - fixtures
    store: EventStore, bus: Bus, tmp_path: Path, nats_url: str
) -> None:
    await fill(store, first=0, appends=300)
    for kill_after in (150, 600, 1200):
        async with relay_process(tmp_path, nats_url) as one, relay_process(tmp_path, nats_url):
            filling = asyncio.create_task(fill(store, first=kill_after * 1000, appends=125))
            await until(partial(has, bus, kill_after), patience=60)
            os.kill(one.pid, signal.SIGKILL)
            await filling
    async with relay_process(tmp_path, nats_url):
        await until(lambda: has(bus, 3 * (300 + 3 * 125)), patience=60)
    assert await published(bus) == await stored(store)


async def test_a_stream_that_was_lost_is_made_anew(store: EventStore, bus: Bus) -> None:
    async with relaying(store, bus) as relay:
        await fill(store, first=0, appends=3)
        await until(lambda: has(bus, 9))
        await bus.jetstream.delete_stream("EVENTS")
        await fill(store, first=3, appends=1)
        await until(lambda: _is_whole(bus, 12))
        await until(lambda: _is_well(relay))
    assert await published(bus) == await stored(store)


async def test_events_of_another_store_are_left_alone_and_the_relay_is_ill(
    store: EventStore, bus: Bus, tmp_path: Path
) -> None:
    other = open_event_store(url_of(tmp_path / "other"))
    await fill(other, first=0, appends=1)
    async with relaying(other, bus):
        await until(lambda: has(bus, 3))
    await other.close()
    await fill(store, first=5, appends=1)
    async with relaying(store, bus) as relay:
        await until(lambda: _says(relay, "bus of its own"))
    assert len(await published(bus)) == 3


async def test_it_waits_for_a_bus_that_is_away(store: EventStore, tmp_path: Path) -> None:
    async with running_nats(tmp_path / "own") as server:
        bus = await connect_bus(server.url, service="relay")
        async with relaying(store, bus) as relay:
            await fill(store, first=0, appends=1)
            await until(lambda: has(bus, 3))
            await server.stop()
            await fill(store, first=1, appends=1)
            await until(lambda: not _is_well_now(relay), patience=30)
            await server.start()
            await until(lambda: _is_whole(bus, 6), patience=30)
        assert await published(bus) == await stored(store)
        await bus.stop()


def _is_well_now(relay: Relay) -> bool:
    return relay._trouble is None


async def _is_well(relay: Relay) -> bool:
    try:
        await relay.well()
    except RelayBehind:
        return False
    return True


def _says(relay: Relay, words: str) -> bool:
    return words in (relay._trouble or "")


async def _is_whole(bus: Bus, events: int) -> bool:
    try:
        return await has(bus, events)
    except Exception:  # noqa: BLE001 - the stream, or the bus, is not there yet
        return False


def test_foreign_events_say_what_to_do() -> None:
    assert "purge that stream" in str(ForeignEvents("/trellis/a", "/trellis/b"))
