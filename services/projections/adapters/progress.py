"""How those who wait learn that the views have moved on, and how far they are."""

import asyncio

from services.projections.adapters.building import Building


class Progress:
    """Wakes everybody who waits, each time the views move."""

    def __init__(self) -> None:
        """Begins with nobody waiting."""
        self._next = asyncio.Event()
        self.building: Building | None = None
        """How far the views are on their way to the history's end; None once they are there."""

    def next_move(self) -> asyncio.Event:
        """Give the event of the next move. Take it before you look, so that none is missed."""
        return self._next

    def moved(self) -> None:
        """Say that the views have moved."""
        moved, self._next = self._next, asyncio.Event()
        moved.set()
