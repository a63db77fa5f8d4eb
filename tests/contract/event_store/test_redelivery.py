"""Semantic 8: ids alone do not make a handler idempotent; its state remembers its messages."""

import json
from dataclasses import dataclass, field
from uuid import UUID, uuid4, uuid5

from services.chassis.event_store.port import EventStore, NewEvent
from tests.contract.event_store.samples import everything, the_stream

HANDLER = UUID("7f0c7f0e-5c3b-4a70-9d0f-0d6c1f2d9a01")


@dataclass(frozen=True)
class Add:
    """The smallest command: raise a counter by an amount."""

    id: UUID
    counter: str
    amount: int


@dataclass
class Counter:
    """Its total, its stream's version, and what it answered to which message."""

    total: int = 0
    version: int = -1
    answered: dict[UUID, int] = field(default_factory=dict)


async def load(store: EventStore, stream: str) -> Counter:
    counter = Counter()
    async for event in store.read_stream(stream):
        counter.total += int(event.data)
        counter.version = event.version
        counter.answered[UUID(json.loads(event.metadata)["$causationId"])] = counter.total
    return counter


async def add(store: EventStore, command: Add) -> int:
    """Return the total after the command, the same at every delivery."""
    stream = f"counter-{command.counter}"
    counter = await load(store, stream)
    if command.id in counter.answered:
        return counter.answered[command.id]
    event = NewEvent(
        type="Added",
        data=str(command.amount).encode(),
        metadata=json.dumps({"$causationId": str(command.id)}).encode(),
        id=uuid5(HANDLER, f"{command.id} 0"),
    )
    await store.append(stream, [event], expected=counter.version)
    return counter.total + command.amount


async def test_a_redelivery_after_later_appends_appends_nothing(store: EventStore) -> None:
    first = Add(uuid4(), "a", 5)
    assert await add(store, first) == 5
    assert await add(store, Add(uuid4(), "a", 7)) == 12
    assert await add(store, Add(uuid4(), "a", 1)) == 13

    assert await add(store, first) == 5

    assert (await load(store, "counter-a")).total == 13
    assert len(await the_stream(store, "counter-a")) == 3


async def test_a_redelivery_at_once_answers_the_same(store: EventStore) -> None:
    command = Add(uuid4(), "a", 5)
    assert [await add(store, command) for _ in range(3)] == [5, 5, 5]
    assert len(await everything(store)) == 1


async def test_a_handler_that_died_before_its_answer_is_repeated_safely(store: EventStore) -> None:
    command = Add(uuid4(), "a", 5)
    stale = await load(store, "counter-a")
    await add(store, command)
    event = NewEvent("Added", b"5", b"{}", uuid5(HANDLER, f"{command.id} 0"))
    again = await store.append("counter-a", [event], expected=stale.version)
    assert again.duplicate
    assert (await load(store, "counter-a")).total == 5
