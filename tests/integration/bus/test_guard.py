import asyncio
from dataclasses import replace
from itertools import pairwise
from time import monotonic

import pytest

from services.chassis.bus.sending import Bus, connect_bus
from services.chassis.bus.subscribe import on_message
from services.chassis.bus_server import BusServer
from services.chassis.streams import ORCHESTRATOR_INBOX
from services.chassis.unavailable import Unavailable
from tests.support.until import until
from trellis_contracts import subjects

IMPATIENT = replace(ORCHESTRATOR_INBOX, first_delay=0.05, attempts=4)


async def holding(bus: Bus, stream: str, count: int) -> None:
    """Return once the stream holds that many messages."""
    async with asyncio.timeout(10):
        while (await bus.jetstream.stream_info(stream)).state.messages != count:  # noqa: ASYNC110 - the server tells nobody
            await asyncio.sleep(0.01)


async def test_a_message_whose_handler_raised_comes_again(bus: Bus) -> None:
    """Trap 1: FastStream's own default drops it."""
    tries: list[bytes] = []

    @on_message(bus, IMPATIENT)
    async def handle(body: bytes) -> None:
        tries.append(body)
        if len(tries) == 1:
            raise ValueError("the first time fails")

    await bus.start()
    await bus.publish(subjects.INBOX, b"push")
    await until(lambda: tries == [b"push", b"push"])


async def test_a_poisonous_message_is_put_aside_while_others_flow(bus: Bus) -> None:
    tried_at: list[float] = []
    handled: list[bytes] = []

    @on_message(bus, replace(IMPATIENT, first_delay=0.2))
    async def handle(body: bytes) -> None:
        if body == b"poison":
            tried_at.append(monotonic())
            raise ValueError("a value that must not leave the process")
        handled.append(body)

    await bus.start()
    await bus.publish(subjects.INBOX, b"poison", headers={"ce-id": "1"})
    for number in range(20):
        await bus.publish(subjects.INBOX, b"%d" % number)
    await until(lambda: len(handled) == 20)
    assert len(tried_at) < 4, "the others did not wait until it was put aside"
    letter = await _only_dead_letter(bus)
    pauses = [after - before for before, after in pairwise(tried_at)]
    assert len(tried_at) == 4
    assert pauses == sorted(pauses)
    assert pauses[0] >= 0.2
    assert pauses[2] >= 0.8
    assert letter == {
        "Trellis-Dead-Subject": "trellis.inbox.github",
        "Trellis-Dead-Stream": "INBOX",
        "Trellis-Dead-Sequence": "1",
        "Trellis-Dead-Consumer": "orchestrator-inbox",
        "Trellis-Dead-Attempts": "4",
        "Trellis-Dead-Error": "ValueError",
        "Nats-Msg-Id": "dead-INBOX-orchestrator-inbox-1",
    }
    await holding(bus, "INBOX", 0)


async def test_a_message_that_kills_its_handler_is_put_aside(bus: Bus, server: BusServer) -> None:
    """Deliveries that nobody settled count: the process died over them."""
    called: list[bytes] = []
    doomed = await connect_bus(server.url, service="doomed")
    durable = replace(IMPATIENT, attempts=2, ack_wait=0.2)
    await doomed.jetstream.add_consumer("INBOX", durable.config())
    await doomed.publish(subjects.INBOX, b"poison")
    reading = await doomed.jetstream.pull_subscribe_bind(durable.name, "INBOX")
    for _ in range(2):
        await reading.fetch(1, timeout=2)
    await doomed.stop()

    @on_message(bus, durable)
    async def handle(body: bytes) -> None:
        called.append(body)

    await bus.start()
    assert (await _only_dead_letter(bus))["Trellis-Dead-Error"] == "AttemptsUsedUp"
    assert called == []


async def test_an_outage_uses_up_no_attempt(bus: Bus) -> None:
    """What a handler rests on may be away longer than all attempts take."""
    tries: list[bytes] = []
    away = True

    @on_message(bus, replace(IMPATIENT, attempts=1))
    async def handle(body: bytes) -> None:
        tries.append(body)
        if away:
            raise Unavailable("the store is away")

    await bus.start()
    await bus.publish(subjects.INBOX, b"push")
    await until(lambda: len(tries) >= 3)
    await holding(bus, "INBOX", 1)
    away = False
    await holding(bus, "INBOX", 0)
    await holding(bus, "DEAD", 0)


async def test_a_long_handling_is_not_given_to_another_process(bus: Bus, server: BusServer) -> None:
    """The bus is told that the handling goes on (F16)."""
    other = Bus(server.url, service="orchestrator")
    tries: list[bytes] = []
    for process in (bus, other):

        @on_message(process, replace(IMPATIENT, ack_wait=0.3))
        async def handle(body: bytes) -> None:
            tries.append(body)
            await asyncio.sleep(1.2)

        await process.start()
    await bus.publish(subjects.INBOX, b"long")
    await holding(bus, "INBOX", 0)
    assert tries == [b"long"]
    await other.stop()


async def test_a_handling_that_hangs_counts_as_failed(bus: Bus) -> None:
    tries: list[bytes] = []

    @on_message(bus, replace(IMPATIENT, patience=0.1))
    async def handle(body: bytes) -> None:
        tries.append(body)
        if len(tries) == 1:
            await asyncio.Event().wait()

    await bus.start()
    await bus.publish(subjects.INBOX, b"push")
    await until(lambda: len(tries) == 2)


async def test_a_message_is_kept_while_its_dead_letter_is_refused(bus: Bus) -> None:
    tries: list[bytes] = []

    @on_message(bus, replace(IMPATIENT, attempts=1, longest_delay=0.1))
    async def handle(body: bytes) -> None:
        tries.append(body)
        raise ValueError

    await bus.start()
    dead = (await bus.jetstream.stream_info("DEAD")).config
    await bus.jetstream.update_stream(dead.evolve(max_msg_size=1))
    await bus.publish(subjects.INBOX, b"push")
    await until(lambda: tries == [b"push"])
    await holding(bus, "INBOX", 1)
    await bus.jetstream.update_stream(dead)
    await _only_dead_letter(bus)
    await holding(bus, "INBOX", 0)


async def test_what_the_bus_gives_up_on_leaves_an_advisory(bus: Bus) -> None:
    await bus.connect()
    hasty = replace(ORCHESTRATOR_INBOX, ack_wait=0.1)
    await bus.jetstream.add_consumer("INBOX", hasty.config().evolve(max_deliver=2))
    await bus.publish(subjects.INBOX, b"push")
    reading = await bus.jetstream.pull_subscribe_bind(hasty.name, "INBOX")
    for _ in range(2):
        await reading.fetch(1, timeout=2)
    with pytest.raises(TimeoutError):
        await reading.fetch(1, timeout=0.5)
    await holding(bus, "ADVISORIES", 1)


async def _only_dead_letter(bus: Bus) -> dict[str, str]:
    reading = await bus.jetstream.subscribe(subjects.ALL_DEAD, ordered_consumer=True)
    letter = await reading.next_msg(timeout=10)
    await reading.unsubscribe()
    return dict(letter.headers or {})
