"""How a live subscription learns that the store went on: from the commit, or by looking."""

import asyncio
from typing import Final, Protocol

from services.chassis.event_store.sqlite_reader import Reader

POLL_SECONDS: Final = 0.025


class Changes(Protocol):
    """Numbers the store's states, so that a change between reading and waiting is not missed."""

    async def state(self) -> int:
        """Return the number of the present state."""

    async def other_than(self, state: int) -> None:
        """Return as soon as the state is another one.

        Raises:
            StoreUnavailable: the store is closed or gone.
        """


class OwnCommits:
    """The changes of the process that writes: each commit wakes all who wait."""

    def __init__(self) -> None:
        self._commits = 0
        self._next = asyncio.Event()

    def happened(self) -> None:
        """Wake all who wait; called on the event loop."""
        self._commits += 1
        self._next.set()
        self._next = asyncio.Event()

    async def state(self) -> int:
        """Return the number of commits so far."""
        return self._commits

    async def other_than(self, state: int) -> None:
        """Return after the next commit, or at once if there was one since."""
        while self._commits == state:
            await self._next.wait()


class ForeignCommits:
    """The changes of another process: SQLite's `data_version`, a few microseconds per look."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    async def state(self) -> int:
        """Return the file's data version."""
        return await self._reader.data_version()

    async def other_than(self, state: int) -> None:
        """Return within `POLL_SECONDS` of a commit."""
        while await self._reader.data_version() == state:  # noqa: ASYNC110 - no event crosses processes
            await asyncio.sleep(POLL_SECONDS)
