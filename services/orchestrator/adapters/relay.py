"""The relay: the only publisher of events, in the order of the store, each once.

The stream on the bus is its own checkpoint. Every publication names the sequence that it expects
to follow, so that of two relays only one gets on, and a stream that was lost is made anew.

RelayBehind
ForeignEvents
"""

import asyncio
from dataclasses import dataclass

from nats.errors import Error as NatsError
from nats.js.errors import NotFoundError

from services.chassis.bus.errors import BusError, SequenceConflict
from services.chassis.bus.sending import Bus
from services.chassis.event_store.port import CaughtUp, EventStore, EventStoreError, RecordedEvent
from services.chassis.failpoints import passed
from services.chassis.logging import get_logger
from services.chassis.recording import to_recorded
from services.chassis.streams import EVENTS, ensure_streams
from services.chassis.unavailable import Unavailable
from trellis_contracts import codec, subjects
from trellis_contracts.codec import UnreadableMessage
from trellis_contracts.message import Recorded

_STREAM = str(EVENTS.name)
_PAUSE_SECONDS = 0.5
_AHEAD = 32
"""Publications under way at once; their expected sequences keep them in order."""


class RelayBehind(Exception):
    """Events are stored and not published."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"events are not published at this moment: {reason}")


class ForeignEvents(Exception):
    """The bus holds the events of another installation."""

    def __init__(self, found: str, ours: str) -> None:
        super().__init__(
            f"the stream {_STREAM} holds events of {found}, this is {ours}: give each installation "
            f"a bus of its own, or purge that stream to have it made anew"
        )


@dataclass
class _Place:
    """Where the stream on the bus ends: its last sequence, and that event's position."""

    sequence: int
    position: int | None


class Relay:
    """Publishes what is stored."""

    def __init__(self, store: EventStore, bus: Bus) -> None:
        self._store, self._bus = store, bus
        self._source = ""
        self._trouble: str | None = "it has not caught up yet"
        self.position: int | None = None

    async def run(self) -> None:
        """Publish for as long as the process lives, whatever the bus does."""
        self._source = f"/trellis/{await self._store.store_id()}"
        while True:
            try:
                await self._relay(await self._where_it_ends())
            except* (Unavailable, BusError, EventStoreError, NatsError, ForeignEvents) as failed:
                cause = _first(failed)
                self._trouble = str(cause)
                get_logger().info("relaying again from where the stream ends", reason=str(cause))
            await asyncio.sleep(_PAUSE_SECONDS)

    async def well(self) -> None:
        """The health check of the relay.

        Raises:
            RelayBehind: with why.
        """
        if self._trouble is not None:
            raise RelayBehind(self._trouble)

    async def _where_it_ends(self) -> _Place:
        try:
            state = (await self._bus.jetstream.stream_info(_STREAM)).state
            if state.messages == 0:
                return _Place(state.last_seq, None)
            last = await self._bus.jetstream.get_msg(_STREAM, seq=state.last_seq)
        except NotFoundError:
            await ensure_streams(self._bus.jetstream)
            return _Place(0, None)
        headers = last.headers or {}
        if headers.get("ce-source") != self._source:
            raise ForeignEvents(headers.get("ce-source", "nobody known"), self._source)
        return _Place(state.last_seq, int(headers["ce-position"]))

    async def _relay(self, place: _Place) -> None:
        room = asyncio.Semaphore(_AHEAD)
        async with (
            asyncio.TaskGroup() as publishing,
            self._store.subscribe(after=place.position) as items,
        ):
            async for item in items:
                if isinstance(item, CaughtUp):
                    self._trouble = None
                if not isinstance(item, RecordedEvent) or not (event := self._read(item, place)):
                    continue
                await room.acquire()
                publishing.create_task(self._publish(event, item.data, place.sequence, room=room))
                place.sequence, place.position = place.sequence + 1, item.position

    def _read(self, item: RecordedEvent, place: _Place) -> Recorded | None:
        try:
            return to_recorded(item, previous=place.position)
        except UnreadableMessage as unreadable:
            get_logger().error("event not relayed", position=item.position, why=str(unreadable))
            return None

    async def _publish(
        self, event: Recorded, body: bytes, after: int, *, room: asyncio.Semaphore
    ) -> None:
        subject = subjects.event(event.event)
        passed(f"before relay {event.envelope.type}")
        kept = await self._bus.publish(
            subject,
            body,
            headers=codec.headers(event.envelope, source=self._source),
            expected_last_sequence=after,
        )
        if kept != after + 1:
            raise SequenceConflict(subject, after)
        passed(f"after relay {event.envelope.type}")
        self.position = event.envelope.position
        room.release()


def _first(failed: BaseExceptionGroup[Exception]) -> Exception:
    first = failed.exceptions[0]
    return _first(first) if isinstance(first, BaseExceptionGroup) else first
