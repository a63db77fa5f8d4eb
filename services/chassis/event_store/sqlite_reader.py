"""A thread with a connection that only reads, beside the store's living or dead writer.

No transaction outlives one question, so a slow reader keeps neither the writer nor a checkpoint
waiting.
"""

import asyncio
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, TypeVar
from uuid import UUID

from services.chassis.event_store.errors import EventStoreError, StoreUnavailable
from services.chassis.event_store.sqlite_file import connect_for_reading, sqlite_errors_named
from services.chassis.logging import get_logger

LOOK_AGAIN_SECONDS: Final = 0.05

log = get_logger()

T = TypeVar("T")


class Reader:
    """Answers questions about the file, once there is one.

    Until the file appears, questions wait for it, each at most `patience` seconds.
    """

    def __init__(self, path: Path, *, patience: float) -> None:
        self._path = path
        self._patience = patience
        self._connection: sqlite3.Connection | None = None
        self._closed = False
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="event-store-reader")

    async def ask(self, question: Callable[[sqlite3.Connection], T]) -> T:
        """Return the answer.

        Raises:
            StoreUnavailable: the file did not appear, or the reader was closed.
            EventStoreError: what the question found.
        """
        await self._until_there_is_a_file()
        return await self._in_thread(lambda: self._answer(question))

    async def store_id(self) -> UUID:
        """Return the identity made with the store."""
        row = await self.ask(lambda c: c.execute("SELECT id FROM store").fetchone())
        return UUID(bytes=row[0])

    async def end(self) -> int | None:
        """Return the newest position."""
        row = await self.ask(lambda c: c.execute("SELECT max(position) FROM events").fetchone())
        newest: int | None = row[0]
        return newest

    async def healthy(self) -> bool:
        """Tell whether the file answers now; does not wait for it to appear."""
        try:
            await self._in_thread(lambda: self._answer(_any_answer))
        except EventStoreError as unhealthy:
            log.warning("event store does not answer", reason=str(unhealthy))
            return False
        return True

    async def close(self) -> None:
        """Finish the questions under way and close the connection; idempotent."""
        if not self._closed:
            self._closed = True
            loop = asyncio.get_running_loop()
            await loop.run_in_executor(self._thread, self._close_connection)
            self._thread.shutdown(wait=False)

    async def _until_there_is_a_file(self) -> None:
        if self._connection is not None or await self._in_thread(self._path.exists):
            return
        log.warning("waiting for the event store's file", path=str(self._path))
        deadline = asyncio.get_running_loop().time() + self._patience
        while not await self._in_thread(self._path.exists):
            if asyncio.get_running_loop().time() > deadline:
                return  # connecting to it says what is the matter
            await asyncio.sleep(LOOK_AGAIN_SECONDS)

    async def _in_thread(self, call: Callable[[], T]) -> T:
        if self._closed:
            raise StoreUnavailable(self._path, "it was closed.")
        return await asyncio.get_running_loop().run_in_executor(self._thread, call)

    def _answer(self, question: Callable[[sqlite3.Connection], T]) -> T:
        with sqlite_errors_named(self._path):
            if self._connection is None:
                self._connection = connect_for_reading(self._path)
            return question(self._connection)

    def _close_connection(self) -> None:
        if self._connection is not None:
            self._connection.close()


def _any_answer(connection: sqlite3.Connection) -> None:
    connection.execute("SELECT 1 FROM store").fetchone()
