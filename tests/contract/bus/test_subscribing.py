"""What a service may rely on when it tests its handlers on FastStream's broker in memory."""

import pytest
from faststream.nats import TestNatsBroker

from services.chassis.bus.sending import Bus
from services.chassis.bus.subscribe import on_message, on_question
from services.chassis.streams import BUILDER_RUNS
from tests.support.subscribers import assert_every_subscriber_is_guarded
from trellis_contracts import subjects


async def test_a_handler_gets_the_bytes_as_they_were_sent() -> None:
    bus, handled = Bus("nats://nowhere", service="builder"), []

    @on_message(bus, BUILDER_RUNS)
    async def handle(body: bytes) -> None:
        handled.append(body)

    assert_every_subscriber_is_guarded(bus.broker)
    async with TestNatsBroker(bus.broker) as broker:
        await broker.publish(b'{"looks": "like json"}', subjects.WORK)
        await broker.publish(b"\xff\x00", subjects.WORK)
    assert handled == [b'{"looks": "like json"}', b"\xff\x00"]


async def test_an_exception_reaches_the_test() -> None:
    bus = Bus("nats://nowhere", service="builder")

    @on_message(bus, BUILDER_RUNS)
    async def handle(_body: bytes) -> None:
        raise ValueError("seen by the test")

    async with TestNatsBroker(bus.broker) as broker:
        with pytest.raises(ValueError, match="seen by the test"):
            await broker.publish(b"", subjects.WORK)


async def test_a_question_is_answered_with_bytes() -> None:
    bus = Bus("nats://nowhere", service="orchestrator")

    @on_question(bus, subjects.COMMANDS)
    async def answer(body: bytes) -> bytes:
        return body.upper()

    async with TestNatsBroker(bus.broker) as broker:
        answered = await broker.request(b"promote", subjects.command("Promote"))
    assert answered.body == b"PROMOTE"
