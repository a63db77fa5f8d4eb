"""Events that say nothing, and ways to look at what a store answers."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from uuid import uuid4

from services.chassis.event_store.port import (
    CaughtUp,
    Checkpoint,
    EventStore,
    NewEvent,
    RecordedEvent,
)

WAIT_SECONDS = 20.0

Item = RecordedEvent | CaughtUp | Checkpoint


def an_event(data: bytes = b"{}", *, type: str = "BoxOpened") -> NewEvent:  # noqa: A002 - the field's name
    return NewEvent(type=type, data=data, metadata=b'{"actor":"ada"}', id=uuid4())


def some_events(count: int) -> list[NewEvent]:
    return [an_event(f'{{"n":{number}}}'.encode()) for number in range(count)]


async def the_stream(store: EventStore, stream: str) -> list[RecordedEvent]:
    return [event async for event in store.read_stream(stream)]


async def everything(store: EventStore) -> list[RecordedEvent]:
    return [event async for event in store.read_all()]


async def following(items: AsyncIterator[Item]) -> Item:
    """Return the next item; no item in time is a failure."""
    return await asyncio.wait_for(anext(items), WAIT_SECONDS)


async def until_caught_up(items: AsyncIterator[Item]) -> list[Item]:
    """Return what came before `CaughtUp`."""
    before: list[Item] = []
    while not isinstance(item := await following(items), CaughtUp):
        before.append(item)
    return before


def versions(events: Sequence[RecordedEvent]) -> list[int]:
    return [event.version for event in events]


def as_new(events: Sequence[RecordedEvent]) -> list[NewEvent]:
    return [NewEvent(event.type, event.data, event.metadata, event.id) for event in events]
