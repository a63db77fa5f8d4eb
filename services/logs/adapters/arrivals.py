"""How those who follow a run learn that there are more lines."""

import asyncio
from weakref import WeakValueDictionary

from trellis_contracts.names import RunId


class Arrivals:
    """Wakes everybody who follows a run; costs nothing for runs that nobody follows."""

    def __init__(self) -> None:
        """Begins with nobody waiting."""
        self._next: WeakValueDictionary[RunId, asyncio.Event] = WeakValueDictionary()

    def next_of(self, run: RunId) -> asyncio.Event:
        """Give the event of the next lines. Take it before you look, so that none is missed."""
        event = self._next.get(run)
        if event is None:
            event = self._next[run] = asyncio.Event()
        return event

    def arrived(self, run: RunId) -> None:
        """Say that the run has more lines."""
        event = self._next.pop(run, None)
        if event is not None:
            event.set()
