"""What keeps the views up to date: events in, documents written, changes announced."""

import asyncio
from collections.abc import Iterable
from contextlib import aclosing
from pathlib import Path
from uuid import UUID

from services.chassis.bus.sending import Bus
from services.chassis.event_store.port import EventStore, PositionUnknown
from services.chassis.logging import get_logger
from services.chassis.unavailable import Unavailable
from services.projections.adapters.building import Building
from services.projections.adapters.events import Batch, Events
from services.projections.adapters.generation import Generation
from services.projections.adapters.progress import Progress
from services.projections.adapters.views import Views
from trellis_contracts import codec, subjects
from trellis_contracts.views import ViewChanged

_FIRST_PAUSE, _LONGEST_PAUSE = 0.25, 10.0


class ViewsBehind(Unavailable):
    """The views cannot follow the history at this moment; they are served as they are."""

    def __init__(self, reason: str) -> None:
        """Takes what keeps them."""
        super().__init__(f"The views do not follow the history now: {reason}")


class Following:
    """Follows the history for as long as the service lives, whatever fails in between."""

    def __init__(
        self, path: Path, *, views: Views, store: EventStore, events: Events, bus: Bus
    ) -> None:
        """Takes the file of the views, their reader, where events come from, and who is told."""
        self._path, self._views, self._store = path, views, store
        self._events, self._bus = events, bus
        self._trouble: str | None = "they are being opened"
        self._live = False
        self.progress = Progress()

    async def run(self) -> None:
        """Follow for ever; what goes wrong is said in the log and tried again, ever more slowly."""
        pause = _FIRST_PAUSE
        while True:
            try:
                await self._follow()
            except Exception as error:  # noqa: BLE001 - the rim: views come back by themselves
                get_logger().error("views stopped following", exc_info=error)
                self._trouble = str(error)
            pause = _FIRST_PAUSE if self._live else min(2 * pause, _LONGEST_PAUSE)
            await asyncio.sleep(pause)

    async def well(self) -> None:
        """The health check of the views.

        Raises:
            ViewsBehind: they are still being built, or something keeps them from following.
        """
        if self._trouble is not None:
            raise ViewsBehind(self._trouble)

    async def _follow(self) -> None:
        self._live = False
        generation = await asyncio.to_thread(Generation, self._path)
        self._views.reopen()
        try:
            store = await self._store.store_id()
            position = await asyncio.to_thread(generation.resume, store)
            building = self.progress.building = Building(position, await self._store.end())
            get_logger().info("views follow", position=position, end=building.end)
            async with aclosing(self._events.batches(position)) as batches:
                async for batch in batches:
                    await self._take(batch, generation)
        except PositionUnknown as older:
            get_logger().warning("views built anew", reason=str(older))
            await asyncio.to_thread(generation.start_over, store)
        finally:
            generation.close()

    async def _take(self, batch: Batch, generation: Generation) -> None:
        changes: tuple[ViewChanged, ...] = ()
        if batch.reached is not None:
            changes = await asyncio.to_thread(generation.apply, batch.events, reached=batch.reached)
        building = self.progress.building
        if building and building.reached(batch.reached):
            self._trouble = str(building)
            get_logger().info("views are being built", progress=self._trouble)
        if batch.caught_up and not self._live:
            await asyncio.to_thread(generation.complete)
            get_logger().info("views caught up", position=batch.reached)
            self._live, self._trouble, self.progress.building = True, None, None
        self.progress.moved()
        if self._live:
            await self._announce(changes)

    async def _announce(self, changes: Iterable[ViewChanged]) -> None:
        for change in changes:
            subject = subjects.view(change.view, UUID(change.key))
            try:
                await self._bus.tell(subject, codec.encode(change))
            except Unavailable as unheard:
                get_logger().info("change not announced", subject=subject, reason=str(unheard))
                return
