import asyncio
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from services.chassis.bus.errors import BusUnavailable
from services.chassis.bus.pull import Pull
from services.chassis.bus.sending import Bus
from services.chassis.bus.subscribe import on_message
from services.chassis.bus_server import BusServer
from services.chassis.streams import LOGS_LINES, ORCHESTRATOR_INBOX
from tests.support.nats import kill_nats
from tests.support.until import until
from trellis_contracts import subjects

QUICK = replace(ORCHESTRATOR_INBOX, ack_wait=2)


@pytest.mark.slow
async def test_nothing_acknowledged_is_lost_when_the_server_is_killed(
    bus: Bus, server: BusServer
) -> None:
    """The publisher and the subscriber go on by themselves (F3, F11)."""
    handled: set[bytes] = set()

    @on_message(bus, QUICK)
    async def handle(body: bytes) -> None:
        handled.add(body)

    await bus.start()
    acknowledged: set[bytes] = set()
    publishing = asyncio.create_task(_publish_on_and_on(bus, acknowledged))
    for _ in range(3):
        before = len(acknowledged)
        await until(lambda: len(acknowledged) > before + 30)  # noqa: B023 - awaited in this round
        await kill_nats(server)
        await server.start()
    before = len(acknowledged)
    await until(lambda: len(acknowledged) > before + 30)
    publishing.cancel()
    await until(lambda: acknowledged <= handled, within=30)


async def test_a_reader_goes_on_after_the_server_was_killed(bus: Bus, server: BusServer) -> None:
    await bus.connect()
    seen: set[bytes] = set()
    async with Pull(bus, replace(LOGS_LINES, ack_wait=2)) as pull:
        reading = asyncio.create_task(_read(pull, seen))
        await bus.publish("trellis.log.run", b"before")
        await until(lambda: b"before" in seen)
        await kill_nats(server)
        await server.start()
        await bus.publish("trellis.log.run", b"after")
        await until(lambda: b"after" in seen)
        reading.cancel()


async def test_a_server_that_lost_its_disk_gets_its_streams_again(
    bus: Bus, server: BusServer, tmp_path: Path
) -> None:
    """What waits in INBOX is lost then, but nobody has to restart anything."""
    handled: list[bytes] = []

    @on_message(bus, QUICK)
    async def handle(body: bytes) -> None:
        handled.append(body)

    await bus.start()
    async with Pull(bus, LOGS_LINES) as pull:
        seen: set[bytes] = set()
        reading = asyncio.create_task(_read(pull, seen))
        await kill_nats(server)
        await asyncio.to_thread(shutil.rmtree, tmp_path / "bus" / "jetstream")
        await server.start()
        async with asyncio.timeout(10):
            await _publish_until_kept(bus, subjects.INBOX, b"push")
            await _publish_until_kept(bus, "trellis.log.run", b"line")
        await until(lambda: b"push" in handled and b"line" in seen)
        reading.cancel()


async def test_a_stop_in_order_interrupts_as_little(bus: Bus, server: BusServer) -> None:
    handled: list[bytes] = []

    @on_message(bus, QUICK)
    async def handle(body: bytes) -> None:
        handled.append(body)

    await bus.start()
    await bus.publish(subjects.INBOX, b"before")
    await server.stop()
    await server.start()
    await bus.publish(subjects.INBOX, b"after")
    await until(lambda: b"after" in handled, within=4)


async def test_a_bus_that_is_down_can_be_left(bus: Bus, server: BusServer) -> None:
    await bus.start()
    await bus.well()
    await kill_nats(server)
    async with asyncio.timeout(10):
        await bus.stop()


async def _publish_on_and_on(bus: Bus, acknowledged: set[bytes]) -> None:
    number = 0
    while True:
        body = b"%d" % number
        await _publish_until_kept(bus, subjects.INBOX, body)
        acknowledged.add(body)
        number += 1
        await asyncio.sleep(0.005)


async def _publish_until_kept(bus: Bus, subject: str, body: bytes) -> None:
    while True:
        try:
            await bus.publish(subject, body, message_id=body.decode(), timeout_seconds=1)
        except BusUnavailable:
            await asyncio.sleep(0.05)
        else:
            return


async def _read(pull: Pull, seen: set[bytes]) -> None:
    async for batch in pull:
        seen.update(message.data for message in batch.messages)
        await batch.ack()
