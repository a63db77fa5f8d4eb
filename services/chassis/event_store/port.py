"""The event store as every service sees it: one port, adapters chosen by URL.

The names of `events` and `errors` are offered here too, so that a caller imports one module.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol
from uuid import UUID

from services.chassis.event_store.errors import (
    AppendTooLarge,
    CorruptEvent,
    CorruptStore,
    EventIdReused,
    EventStoreError,
    NetworkFileSystem,
    PositionUnknown,
    ReadOnlyStore,
    StoreLocked,
    StoreUnavailable,
    UnsupportedStore,
    WrongExpectedVersion,
)
from services.chassis.event_store.events import (
    AppendResult,
    CaughtUp,
    Checkpoint,
    NewEvent,
    RecordedEvent,
    StreamState,
)

__all__ = [
    "MAX_APPEND_BYTES",
    "AppendResult",
    "AppendTooLarge",
    "CaughtUp",
    "Checkpoint",
    "CorruptEvent",
    "CorruptStore",
    "EventIdReused",
    "EventStore",
    "EventStoreError",
    "NetworkFileSystem",
    "NewEvent",
    "PositionUnknown",
    "ReadOnlyStore",
    "RecordedEvent",
    "StoreLocked",
    "StoreUnavailable",
    "StreamState",
    "UnsupportedStore",
    "WrongExpectedVersion",
    "check_append",
]

MAX_APPEND_BYTES = 1_000_000
"""Types, data and metadata of one append together: KurrentDB up to 25.0 takes 1 MiB."""


class EventStore(Protocol):
    """The history of everything: appended to, read, followed, never changed.

    A store belongs to the event loop that first uses it.
    """

    async def append(
        self, stream: str, events: Sequence[NewEvent], *, expected: int | StreamState
    ) -> AppendResult:
        """Store all events of one append, durably, or none of them.

        `expected` is the stream's last version; -1 says the same as `NO_STREAM`. The same ids at
        the same place succeed again with `duplicate`, however far the stream has gone since.

        Raises:
            WrongExpectedVersion: the stream is elsewhere; nothing was stored.
            AppendTooLarge: more than `MAX_APPEND_BYTES`; nothing was stored.
            EventIdReused: an id is in the stream at another place (stores that can tell).
            StoreUnavailable: unknown whether stored; repeat with the same ids.
            ReadOnlyStore: the store was opened for reading.
        """

    def read_stream(
        self, stream: str, *, after: int = -1, backwards: bool = False, limit: int | None = None
    ) -> AsyncIterator[RecordedEvent]:
        """Yield the events with a version above `after`, newest first when `backwards`.

        A stream that does not exist yields nothing.

        Raises:
            CorruptEvent: an event is damaged or missing; nothing is yielded in its place.
        """

    def read_all(
        self, *, after: int | None = None, streams: Sequence[str] = (), limit: int | None = None
    ) -> AsyncIterator[RecordedEvent]:
        """Yield the events after a position in order, of streams that start with any prefix given.

        Ends at the end of the store. No prefix means every stream.

        Raises:
            PositionUnknown: the store never reached `after`.
            CorruptEvent: as `read_stream`.
        """

    def subscribe(
        self, *, after: int | None = None, streams: Sequence[str] = ()
    ) -> AbstractAsyncContextManager[AsyncIterator[RecordedEvent | CaughtUp | Checkpoint]]:
        """Follow the store from after a position: history, one `CaughtUp`, then live, in order.

        At least once, nothing left out. A filtered one also yields `Checkpoint` where the store
        went on without a match, so that its reader can save that it need not look there again.

        Raises:
            PositionUnknown, CorruptEvent: as `read_all`, out of the iterator.
            StoreUnavailable: out of the iterator, when the store is closed or gone for good.
        """

    async def close(self) -> None:
        """Finish the appends under way and let go of the store; idempotent."""

    async def healthy(self) -> bool:
        """Tell whether the store answers, and takes appends if it was opened for them."""

    async def lost(self) -> None:
        """Wait until the store takes no append any more before it is opened anew, and raise why.

        Raises:
            EventStoreError: what the disk said.
        """

    async def store_id(self) -> UUID:
        """Return the identity made with the store: positions are kept together with it."""

    async def end(self) -> int | None:
        """Return the position of the newest event; None while there is none."""


def check_append(stream: str, events: Sequence[NewEvent], *, expected: int | StreamState) -> None:
    """Refuse what no store accepts, before any store is asked.

    Raises:
        ValueError: no event, an id twice, a version below -1, or a name that is empty or reserved.
        AppendTooLarge: more than `MAX_APPEND_BYTES`.
    """
    if not stream or stream.startswith("$"):
        raise ValueError(f"A stream is named <category>-<id>, not {stream!r}.")
    if isinstance(expected, int) and expected < -1:
        raise ValueError(f"A stream cannot be at version {expected}.")
    if not events or len({event.id for event in events}) < len(events):
        raise ValueError(f"An append to {stream} needs events, each with an id of its own.")
    size = sum(len(e.type.encode()) + len(e.data) + len(e.metadata) for e in events)
    if size > MAX_APPEND_BYTES:
        raise AppendTooLarge(stream, size, MAX_APPEND_BYTES)
