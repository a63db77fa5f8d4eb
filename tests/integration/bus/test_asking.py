import asyncio

import pytest
from faststream.nats.annotations import NatsMessage

from services.chassis.bus.errors import AnswerFailed, BusUnavailable, MessageTooLarge
from services.chassis.bus.sending import Bus
from services.chassis.bus.subscribe import on_broadcast, on_question
from tests.support.until import until
from trellis_contracts import subjects


async def test_a_question_gets_its_answer(bus: Bus) -> None:
    @on_question(bus, subjects.COMMANDS)
    async def answer(body: bytes, message: NatsMessage) -> bytes:
        return message.raw_message.subject.encode() + b" " + body

    await bus.start()
    assert (
        await bus.ask(subjects.command("Promote"), b"\xff{}") == b"trellis.command.Promote \xff{}"
    )


async def test_an_exception_answers_at_once(bus: Bus) -> None:
    @on_question(bus, subjects.COMMANDS)
    async def answer(_body: bytes) -> bytes:
        raise ValueError("with a value that must not travel")

    await bus.start()
    async with asyncio.timeout(2):
        with pytest.raises(AnswerFailed, match="ended in ValueError"):
            await bus.ask(subjects.command("Promote"), b"")


async def test_nobody_listening_is_known_at_once(bus: Bus) -> None:
    await bus.connect()
    async with asyncio.timeout(2):
        with pytest.raises(BusUnavailable, match="nobody listens"):
            await bus.ask(subjects.command("Promote"), b"")


async def test_an_answer_is_not_waited_for_beyond_its_time(bus: Bus) -> None:
    late = asyncio.Event()

    @on_question(bus, subjects.COMMANDS)
    async def answer(_body: bytes) -> bytes:
        await late.wait()
        return b""

    await bus.start()
    with pytest.raises(BusUnavailable, match="no answer in time"):
        await bus.ask(subjects.command("Promote"), b"", timeout_seconds=0.2)
    late.set()


async def test_a_slow_question_holds_up_no_other(bus: Bus) -> None:
    slow = asyncio.Event()

    @on_question(bus, subjects.COMMANDS)
    async def answer(body: bytes) -> bytes:
        if body == b"slow":
            await slow.wait()
        return body

    await bus.start()
    waiting = asyncio.create_task(bus.ask(subjects.command("A"), b"slow"))
    assert await bus.ask(subjects.command("B"), b"quick") == b"quick"
    slow.set()
    assert await waiting == b"slow"


async def test_a_question_that_is_too_large_is_not_asked(bus: Bus) -> None:
    await bus.connect()
    with pytest.raises(MessageTooLarge):
        await bus.ask(subjects.command("A"), b"x" * (bus.client.max_payload + 1))


async def test_a_broadcast_reaches_every_listener(bus: Bus) -> None:
    heard: list[bytes] = []

    @on_broadcast(bus, "trellis.view.>")
    async def first(body: bytes) -> None:
        heard.append(body)

    @on_broadcast(bus, "trellis.view.>")
    async def second(body: bytes) -> None:
        heard.append(body)

    await bus.start()
    await bus.tell("trellis.view.board.1", b"changed")
    await until(lambda: heard == [b"changed", b"changed"])
