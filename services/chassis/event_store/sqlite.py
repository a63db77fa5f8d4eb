"""The embedded event store: one SQLite file, one process that writes it, any number that read."""

import asyncio
import sqlite3
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import Final
from uuid import UUID

from services.chassis.event_store.errors import ReadOnlyStore
from services.chassis.event_store.events import (
    AppendResult,
    CaughtUp,
    Checkpoint,
    NewEvent,
    RecordedEvent,
    StreamState,
)
from services.chassis.event_store.filesystem import refuse_network_file_system
from services.chassis.event_store.port import check_append
from services.chassis.event_store.sqlite_append import Append
from services.chassis.event_store.sqlite_changes import Changes, ForeignCommits, OwnCommits
from services.chassis.event_store.sqlite_file import connect_for_writing, create
from services.chassis.event_store.sqlite_pages import StorePage, StreamPage
from services.chassis.event_store.sqlite_reader import Reader
from services.chassis.event_store.sqlite_writer import GroupCommit
from services.chassis.event_store.writer_lock import WriterLock
from services.chassis.logging import get_logger

PATIENCE_SECONDS: Final = 30.0
NO_UPPER_BOUND: Final = 2**63 - 1

log = get_logger()


class SqliteEventStore:
    """An `EventStore` on a SQLite file; without a writer it is one for reading only."""

    def __init__(
        self, path: Path, *, reader: Reader, changes: Changes, writer: GroupCommit | None
    ) -> None:
        self._path = path
        self._reader = reader
        self._changes = changes
        self._writer = writer

    async def append(
        self, stream: str, events: Sequence[NewEvent], *, expected: int | StreamState
    ) -> AppendResult:
        """Store all or nothing; returns after the fsync, as the port says."""
        if self._writer is None:
            raise ReadOnlyStore(self._path)
        check_append(stream, events, expected=expected)
        return await self._writer.append(Append(stream, tuple(events), expected))

    async def read_stream(
        self, stream: str, *, after: int = -1, backwards: bool = False, limit: int | None = None
    ) -> AsyncIterator[RecordedEvent]:
        """Yield a stream's events, every checksum verified, as the port says."""
        low, high, left = after, NO_UPPER_BOUND, _count(limit)
        more = left > 0
        while more:
            page = await self._reader.ask(
                StreamPage(
                    self._path, stream, after=low, before=high, backwards=backwards, limit=left
                )
            )
            for event in page.events:
                yield event
            left -= len(page.events)
            low, high = (low, page.reached) if backwards else (page.reached, high)
            more = page.more and left > 0

    async def read_all(
        self, *, after: int | None = None, streams: Sequence[str] = (), limit: int | None = None
    ) -> AsyncIterator[RecordedEvent]:
        """Yield the store's events in order of position, as the port says."""
        position, left = after or 0, _count(limit)
        more = left > 0
        while more:
            page = await self._reader.ask(StorePage(self._path, position, streams, limit=left))
            for event in page.events:
                yield event
            left -= len(page.events)
            position = page.reached
            more = page.more and left > 0

    @asynccontextmanager
    async def subscribe(
        self, *, after: int | None = None, streams: Sequence[str] = ()
    ) -> AsyncIterator[AsyncIterator[RecordedEvent | CaughtUp | Checkpoint]]:
        """Follow the store, live within milliseconds of a commit, as the port says."""
        async with aclosing(self._follow(after or 0, tuple(streams))) as items:
            yield items

    async def close(self) -> None:
        """Finish the appends under way, then let another process write."""
        await self._reader.close()
        if self._writer is not None:
            await self._writer.close()
        self._changes.close()

    async def healthy(self) -> bool:
        """Tell whether the file answers and, in the writing process, takes appends."""
        writes = self._writer is None or self._writer.healthy
        return writes and await self._reader.healthy()

    async def lost(self) -> None:
        """Wait until a failed sync or damage ends all appends; a read-only store waits for ever."""
        if self._writer is None:
            await asyncio.Event().wait()
        else:
            await self._writer.lost()

    async def store_id(self) -> UUID:
        """Return the identity kept in the file; a restored backup has the same."""
        return await self._reader.store_id()

    async def end(self) -> int | None:
        """Return the position of the newest event; None while there is none."""
        return await self._reader.end()

    async def _follow(
        self, position: int, streams: Sequence[str]
    ) -> AsyncGenerator[RecordedEvent | CaughtUp | Checkpoint]:
        caught_up = False
        while True:
            state = await self._changes.state()
            more = True
            while more:
                page = await self._reader.ask(StorePage(self._path, position, streams))
                for event in page.events:
                    yield event
                last = page.events[-1].position if page.events else position
                position, more = page.reached, page.more
                if position > last:
                    yield Checkpoint(position)
            if not caught_up:
                caught_up = True
                yield CaughtUp()
            await self._changes.other_than(state)


def open_for_writing(path: Path) -> SqliteEventStore:
    """Open the store as the one process that appends to it, making it if it is not there.

    Raises:
        StoreLocked: another process writes it.
        NetworkFileSystem: SQLite's locks would not hold there.
        CorruptStore: the file is something else, or its events are gone.
    """
    refuse_network_file_system(path)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    lock = WriterLock(path)
    try:
        if not path.exists():
            create(path)
        connection = connect_for_writing(path)
    except Exception:
        lock.release()
        raise
    _log_opened(path, read_only=False)
    commits = OwnCommits()
    writer = GroupCommit(connection, path, lock=lock, on_commit=commits.happened)
    return SqliteEventStore(path, reader=Reader(path, patience=0), changes=commits, writer=writer)


def open_for_reading(path: Path, *, patience: float = PATIENCE_SECONDS) -> SqliteEventStore:
    """Open the store beside its writer; until there is a file, questions wait for `patience`.

    Raises:
        NetworkFileSystem: SQLite's locks would not hold there.
    """
    refuse_network_file_system(path)
    _log_opened(path, read_only=True)
    reader = Reader(path, patience=patience)
    return SqliteEventStore(path, reader=reader, changes=ForeignCommits(path, reader), writer=None)


def _log_opened(path: Path, *, read_only: bool) -> None:
    log.info(
        "event store opened", path=str(path), read_only=read_only, sqlite=sqlite3.sqlite_version
    )


def _count(limit: int | None) -> int:
    return NO_UPPER_BOUND if limit is None else limit
