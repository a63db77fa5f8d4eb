"""The one thread that writes the event store: every append that waits shares one transaction.

One transaction is one fsync, so a hundred appenders cost little more than one. Each append has a
savepoint of its own: a refused one is undone without its neighbours.
"""

import asyncio
import contextlib
import queue
import sqlite3
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from services.chassis.event_store.errors import StoreUnavailable
from services.chassis.event_store.events import AppendResult
from services.chassis.event_store.sqlite_append import Append, perform
from services.chassis.event_store.sqlite_file import named, primary_code
from services.chassis.event_store.writer_lock import WriterLock
from services.chassis.logging import get_logger

MAX_GROUP: Final = 500
CHECKPOINT_PAGES: Final = 1000
PAGE_BYTES: Final = 4096
PAGES_OF_AN_APPEND: Final = 4  # the table, its two indexes, the sequence

FATAL = frozenset({sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
"""After a failed fsync nobody knows what is on the disk, so nothing is acknowledged any more."""

log = get_logger()

Waiting = tuple[Append, asyncio.Future[AppendResult]]
Outcome = AppendResult | Exception


class GroupCommit:
    """Takes appends from one event loop, answers each after the commit that made it durable.

    `on_commit` is called on that loop after each commit. The thread owns the
    connection and the writer lock, and lets go of them in this order.
    """

    def __init__(
        self,
        connection: sqlite3.Connection,
        path: Path,
        *,
        lock: WriterLock,
        on_commit: Callable[[], None],
    ) -> None:
        self._connection = connection
        self._path = path
        self._lock = lock
        self._on_commit = on_commit
        self._queue: queue.SimpleQueue[Waiting | None] = queue.SimpleQueue()
        self._closed = False
        self._failure: sqlite3.Error | None = None
        self._lost = asyncio.Event()
        self._pages_since_checkpoint = 0
        self._thread = threading.Thread(target=self._run, name="event-store-writer", daemon=True)
        self._thread.start()

    @property
    def healthy(self) -> bool:
        """Whether appends are still taken."""
        return not self._closed and self._failure is None

    async def append(self, append: Append) -> AppendResult:
        """Return once the append is durable; cancelling the caller does not take it back.

        Raises:
            EventStoreError: as `EventStore.append` says.
        """
        if self._closed:
            raise StoreUnavailable(self._path, "it was closed.")
        future: asyncio.Future[AppendResult] = asyncio.get_running_loop().create_future()
        self._queue.put((append, future))
        return await future

    async def lost(self) -> None:
        """Wait until no append is taken any more because of the disk.

        Raises:
            EventStoreError: with what the disk said.
        """
        await self._lost.wait()
        if self._failure is not None:
            raise named(self._failure, self._path)

    async def close(self) -> None:
        """Finish the appends that wait, fold the WAL into the file, end the thread."""
        if not self._closed:
            self._closed = True
            self._queue.put(None)
        await asyncio.to_thread(self._thread.join)

    def _run(self) -> None:
        while group := self._next_group():
            outcomes = self._commit([append for append, _ in group])
            loop = group[0][1].get_loop()
            with contextlib.suppress(RuntimeError):  # the loop was closed: nobody waits any more
                loop.call_soon_threadsafe(self._answer, group, outcomes)
            self._checkpoint_when_due()
            if self._failure is not None:
                with contextlib.suppress(RuntimeError):
                    loop.call_soon_threadsafe(self._lost.set)
        self._let_go()

    def _next_group(self) -> list[Waiting]:
        group: list[Waiting] = []
        while (waiting := self._queue.get()) is not None:
            group.append(waiting)
            if len(group) == MAX_GROUP or self._queue.empty():
                return group
        if group:
            self._queue.put(None)  # the end comes again, after this group
        return group

    def _commit(self, appends: Sequence[Append]) -> list[Outcome]:
        if self._failure is not None:
            return [named(self._failure, self._path) for _ in appends]
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            outcomes = [self._perform_alone(append) for append in appends]
            self._connection.execute("COMMIT")
        except sqlite3.Error as error:
            self._give_up(error)
            return [named(error, self._path) for _ in appends]
        return outcomes

    def _perform_alone(self, append: Append) -> Outcome:
        self._connection.execute("SAVEPOINT append")
        try:
            outcome: Outcome = perform(append, self._connection)
            self._pages_since_checkpoint += PAGES_OF_AN_APPEND + sum(
                len(event.data) // PAGE_BYTES for event in append.events
            )
        except sqlite3.IntegrityError as contradiction:
            outcome = named(contradiction, self._path)
        except sqlite3.Error:
            raise  # the disk's trouble is everybody's
        except Exception as refusal:  # noqa: BLE001 - a bad append is its caller's alone
            outcome = refusal
        if isinstance(outcome, Exception):
            self._connection.execute("ROLLBACK TO append")
        self._connection.execute("RELEASE append")
        return outcome

    def _answer(self, group: Sequence[Waiting], outcomes: Sequence[Outcome]) -> None:
        for (_, future), outcome in zip(group, outcomes, strict=True):
            if future.done():
                continue
            if isinstance(outcome, Exception):
                future.set_exception(outcome)
            else:
                future.set_result(outcome)
        self._on_commit()

    def _checkpoint_when_due(self) -> None:
        if self._pages_since_checkpoint >= CHECKPOINT_PAGES:
            self._checkpoint("PASSIVE")

    def _checkpoint(self, mode: str) -> None:
        if self._failure is not None:
            return
        self._pages_since_checkpoint = 0
        try:
            self._connection.execute(f"PRAGMA wal_checkpoint({mode})").fetchone()
        except sqlite3.Error as error:
            self._give_up(error)

    def _give_up(self, error: sqlite3.Error) -> None:
        if primary_code(error) in FATAL:
            self._failure = error
        log.error(
            "event store commit failed",
            path=str(self._path),
            reason=str(error),
            appends_are_taken=self._failure is None,
        )
        try:
            self._connection.rollback()
        except sqlite3.Error as second:
            self._failure = second

    def _let_go(self) -> None:
        self._checkpoint("TRUNCATE")
        self._connection.close()
        self._lock.release()
