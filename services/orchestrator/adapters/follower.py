"""Follows the store into the index, and lets others wait until it has come to a position.

IndexBehind (an Unavailable)
"""

import asyncio
from collections.abc import Callable

from services.chassis.event_store.port import (
    CaughtUp,
    Checkpoint,
    EventStore,
    EventStoreError,
    RecordedEvent,
)
from services.chassis.logging import get_logger
from services.chassis.recording import to_recorded
from services.chassis.unavailable import Unavailable
from services.orchestrator.adapters.routing import FOLDED, Index
from trellis_contracts.codec import UnreadableMessage

_PAUSE_SECONDS = 1.0
_LONGEST_WAIT = 5.0


class IndexBehind(Unavailable):
    """What was stored is not in the index yet; the same question later finds it answered."""

    def __init__(self, position: int) -> None:
        super().__init__(f"the index has not reached position {position} yet: ask the same again")


class Follower:
    """The one reader of the store that keeps the index; `on_news` is called after each event."""

    def __init__(self, store: EventStore, index: Index) -> None:
        self._store, self._index = store, index
        self._moved = asyncio.Condition()
        self._caught_up = asyncio.Event()
        self.position: int | None = None
        self.on_news: list[Callable[[], None]] = []

    async def run(self) -> None:
        """Follow for as long as the process lives."""
        while True:
            try:
                await self._follow()
            except EventStoreError as outage:
                get_logger().warning("following the store again", reason=str(outage))
            await asyncio.sleep(_PAUSE_SECONDS)

    async def caught_up(self) -> None:
        """Wait until the index holds the whole history that was there at the start."""
        await self._caught_up.wait()

    async def reached(self, position: int) -> None:
        """Wait until the index holds the event at the position.

        Raises:
            IndexBehind: it did not come that far in time.
        """
        try:
            async with asyncio.timeout(_LONGEST_WAIT), self._moved:
                await self._moved.wait_for(lambda: (self.position or 0) >= position)
        except TimeoutError as late:
            raise IndexBehind(position) from late

    async def _follow(self) -> None:
        async with self._store.subscribe(after=self.position) as items:
            async for item in items:
                match item:
                    case RecordedEvent():
                        self._fold(item)
                        await self._tell(item.position)
                    case Checkpoint():
                        await self._tell(item.position)
                    case CaughtUp():
                        self._caught_up.set()

    def _fold(self, stored: RecordedEvent) -> None:
        if stored.type not in FOLDED:
            return
        try:
            recorded = to_recorded(stored, previous=None)
        except UnreadableMessage as unreadable:
            get_logger().error("event not read", position=stored.position, reason=str(unreadable))
        else:
            self._index.fold(recorded.event, at=recorded.envelope.occurred_at)

    async def _tell(self, position: int) -> None:
        async with self._moved:
            self.position = position
            self._moved.notify_all()
        for listener in self.on_news:
            listener()
