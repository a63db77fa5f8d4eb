"""How those who wait learn that the views have moved on."""

import asyncio


class Progress:
    """Wakes everybody who waits, each time the views move."""

    def __init__(self) -> None:
        """Begins with nobody waiting."""
        self._next = asyncio.Event()

    def next_move(self) -> asyncio.Event:
        """Give the event of the next move. Take it before you look, so that none is missed."""
        return self._next

    def moved(self) -> None:
        """Say that the views have moved."""
        moved, self._next = self._next, asyncio.Event()
        moved.set()
