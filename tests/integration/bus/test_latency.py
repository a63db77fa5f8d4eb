import asyncio
from time import monotonic

import pytest

from services.chassis.bus.pull import Pull
from services.chassis.bus.sending import Bus
from services.chassis.bus.subscribe import on_message
from services.chassis.streams import LOGS_LINES, ORCHESTRATOR_INBOX
from trellis_contracts import subjects

pytestmark = pytest.mark.alone

PAUSES = [0.05, 0.3, 0.6, 0.15, 0.9, 0.4, 0.25, 0.7] * 2
SOON = 0.25
"""Far above a delivery (5 ms) on a busy machine, far below the time-out of a stalled fetch."""


@pytest.mark.slow
async def test_a_single_message_reaches_an_idle_subscriber_at_once(bus: Bus) -> None:
    """Trap 5: a fetch of more than one holds a single message until its time-out."""
    arrived: asyncio.Queue[float] = asyncio.Queue()

    @on_message(bus, ORCHESTRATOR_INBOX)
    async def handle(_body: bytes) -> None:
        arrived.put_nowait(monotonic())

    await bus.start()
    for pause in PAUSES:
        await asyncio.sleep(pause)
        sent = monotonic()
        await bus.publish(subjects.INBOX, b"push")
        assert await asyncio.wait_for(arrived.get(), 5) - sent < SOON


@pytest.mark.slow
async def test_a_single_message_reaches_an_idle_reader_at_once(bus: Bus) -> None:
    await bus.connect()
    async with Pull(bus, LOGS_LINES) as pull:
        batches = aiter(pull)
        for pause in PAUSES:
            await asyncio.sleep(pause)
            sent = monotonic()
            await bus.publish("trellis.log.run", b"line")
            batch = await asyncio.wait_for(anext(batches), 5)
            assert monotonic() - sent < SOON
            await batch.ack()
