"""How a live subscription learns that the store went on: from the commit, or by looking."""

import asyncio
import sqlite3
from pathlib import Path
from typing import Final, Protocol

from services.chassis.event_store.sqlite_file import (
    connect_for_reading,
    primary_code,
    sqlite_errors_named,
)
from services.chassis.event_store.sqlite_reader import Reader

POLL_SECONDS: Final = 0.05
UNKNOWN: Final = -1
"""The state while another process recovers the WAL; it differs from any, so the store is read."""


class Changes(Protocol):
    """Numbers the store's states, so that a change between reading and waiting is not missed."""

    async def state(self) -> int:
        """Return the number of the present state."""

    async def other_than(self, state: int) -> None:
        """Return as soon as the state is another one.

        Raises:
            StoreUnavailable: the store is closed or gone.
        """

    def close(self) -> None:
        """Wake all who wait; the store they read next is closed."""


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

    def close(self) -> None:
        """Wake all who wait."""
        self.happened()


class ForeignCommits:
    """The changes of another process, by SQLite's `data_version` on a connection of its own.

    A look takes microseconds and waits for nobody, so it is done without a thread: the way there
    and back would double what an idle reader costs.
    """

    def __init__(self, path: Path, reader: Reader) -> None:
        self._path = path
        self._reader = reader
        self._connection: sqlite3.Connection | None = None
        self._connecting = asyncio.Lock()

    async def state(self) -> int:
        """Return the file's data version, once there is a file."""
        async with self._connecting:
            if self._connection is None:
                await self._reader.store_id()  # waits for the file
                self._connection = await asyncio.to_thread(_connect, self._path)
            return self._look(self._connection)

    async def other_than(self, state: int) -> None:
        """Return within `POLL_SECONDS` of a commit."""
        while await self.state() == state:  # noqa: ASYNC110 - no event crosses processes
            await asyncio.sleep(POLL_SECONDS)

    def close(self) -> None:
        """End the waiting with `StoreUnavailable`."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _look(self, connection: sqlite3.Connection) -> int:
        with sqlite_errors_named(self._path):
            try:
                (version,) = connection.execute("PRAGMA data_version").fetchone()
            except sqlite3.OperationalError as error:
                if primary_code(error) != sqlite3.SQLITE_BUSY:
                    raise
                return UNKNOWN
        return int(version)


def _connect(path: Path) -> sqlite3.Connection:
    connection = connect_for_reading(path)
    connection.execute("PRAGMA busy_timeout = 0")
    return connection
