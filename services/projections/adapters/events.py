"""Where events come from: history out of the store, then live from the bus.

Each message on the bus names the position before it. On a gap, after a reconnect, when somebody
waits for a position, and every few seconds in any case, the store is read instead: the bus only
makes it fast, so that losing it, or its streams, costs nothing and doubles nothing.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial
from uuid import UUID

from nats.aio.msg import Msg
from nats.errors import Error as NatsError

from services.chassis.bus.pull import Batch as Pulled
from services.chassis.bus.pull import Pull
from services.chassis.bus.sending import Bus
from services.chassis.event_store.port import EventStore, RecordedEvent
from services.chassis.logging import get_logger
from services.chassis.recording import to_recorded
from services.chassis.streams import PROJECTIONS_EVENTS
from trellis_contracts import codec
from trellis_contracts.codec import UnknownMessage, UnknownVersion, UnreadableMessage
from trellis_contracts.message import Recorded

_PAGE = 1000
LOOK_SECONDS = 5.0
_POSITION, _PREVIOUS, _SOURCE = "ce-position", "ce-previous", "ce-source"


@dataclass(frozen=True)
class Batch:
    """Events that follow each other, up to `reached`; `caught_up` when history ends there."""

    events: tuple[Recorded, ...]
    reached: int | None
    caught_up: bool


class Events:
    """Follows the store and the bus from a position on, for ever."""

    def __init__(self, store: EventStore, bus: Bus, *, look_seconds: float = LOOK_SECONDS) -> None:
        """Takes the store, open for reading, and the bus, connected."""
        self._store, self._bus, self._look_seconds = store, bus, look_seconds
        self._heard: asyncio.Queue[Pulled | None] = asyncio.Queue(maxsize=8)

    def look(self) -> None:
        """Read the store now instead of waiting for the bus."""
        with suppress(asyncio.QueueFull):
            self._heard.put_nowait(None)

    async def batches(self, after: int | None) -> AsyncGenerator[Batch]:
        """Yield everything after a position in order, each event once, none left out.

        A batch is acknowledged to the bus when the next one is asked for. Events that this
        Trellis cannot read are left out, and said in the log.

        Raises:
            PositionUnknown: the store never reached `after`.
            EventStoreError: the store cannot be read.
        """
        source = source_of(await self._store.store_id())
        async for batch in self._history(after):
            after = batch.reached
            yield batch
        async with self._listening():
            while True:
                pulled = await self._next()
                batch, gap = _in_order(pulled.messages if pulled else (), after, source=source)
                if batch.reached != after:
                    after = batch.reached
                    yield batch
                if pulled:
                    await _acknowledge(pulled)
                if gap or not pulled:
                    async for batch in self._history(after):
                        after = batch.reached
                        yield batch

    async def _history(self, after: int | None) -> AsyncIterator[Batch]:
        """Read the store to its end, page by page; only the last batch has `caught_up`."""
        page: list[RecordedEvent] = []
        async for event in self._store.read_all(after=after):
            page.append(event)
            if len(page) == _PAGE:
                yield await asyncio.to_thread(_read, page, after, caught_up=False)
                after, page = page[-1].position, []
        yield await asyncio.to_thread(_read, page, after, caught_up=True)

    async def _next(self) -> Pulled | None:
        with suppress(TimeoutError):
            async with asyncio.timeout(self._look_seconds):
                return await self._heard.get()
        return None

    @asynccontextmanager
    async def _listening(self) -> AsyncIterator[None]:
        async with Pull(self._bus, PROJECTIONS_EVENTS, ahead=_PAGE) as pull:
            listener = asyncio.create_task(self._listen(pull))
            self._bus.on_reconnected.append(self._look_after_reconnect)
            try:
                yield
            finally:
                self._bus.on_reconnected.remove(self._look_after_reconnect)
                listener.cancel()

    async def _listen(self, pull: Pull) -> None:
        async for pulled in pull:
            await self._heard.put(pulled)

    async def _look_after_reconnect(self) -> None:
        self.look()


def source_of(store: UUID) -> str:
    """Say what the relay of a store calls itself on the bus."""
    return f"/trellis/{store}"


def _in_order(messages: Sequence[Msg], reached: int | None, *, source: str) -> tuple[Batch, bool]:
    """Give the events that follow `reached` without a gap, and whether one was found."""
    events: list[Recorded] = []
    gap = False
    for message in messages:
        headers = message.headers or {}
        position, previous = _number(headers, _POSITION), _number(headers, _PREVIOUS)
        if headers.get(_SOURCE) != source or position is None:
            continue
        if reached is not None and position <= reached:
            continue
        if previous != reached:
            gap = True
            break
        events += _readable(partial(codec.from_headers, headers, message.data), position)
        reached = position
    return Batch(tuple(events), reached, caught_up=False), gap


def _read(page: Sequence[RecordedEvent], after: int | None, *, caught_up: bool) -> Batch:
    events: list[Recorded] = []
    for stored in page:
        events += _readable(partial(to_recorded, stored, previous=after), stored.position)
        after = stored.position
    return Batch(tuple(events), after, caught_up)


def _readable(read: Callable[[], Recorded], position: int) -> tuple[Recorded, ...]:
    try:
        return (read(),)
    except (UnknownMessage, UnknownVersion) as newer:
        get_logger().info("event skipped", position=position, reason=str(newer))
    except (UnreadableMessage, LookupError, ValueError) as damaged:
        get_logger().error("event skipped", position=position, reason=str(damaged))
    return ()


def _number(headers: Mapping[str, str], name: str) -> int | None:
    value = headers.get(name, "")
    return int(value) if value.isascii() and value.isdigit() else None


async def _acknowledge(pulled: Pulled) -> None:
    with suppress(NatsError):
        await pulled.ack()
