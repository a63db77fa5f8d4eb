"""The questions that are asked of the event store's file, each answered by one page of events."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from services.chassis.event_store.errors import CorruptEvent, PositionUnknown
from services.chassis.event_store.events import RecordedEvent
from services.chassis.event_store.sqlite_rows import COLUMNS, Row, event_of

PAGE_EVENTS: Final = 500
PAGE_BYTES: Final = 4_000_000

_SELECT: Final = f"SELECT {COLUMNS} FROM events"  # noqa: S608 - a constant


@dataclass(frozen=True, slots=True)
class Page:
    """Some events in order; up to `reached` nothing else matched, beyond it there is `more`."""

    events: Sequence[RecordedEvent]
    reached: int
    more: bool


@dataclass(frozen=True, slots=True)
class StreamPage:
    """Asks for the events of a stream between two versions, both exclusive.

    Raises:
        CorruptEvent: a damaged event, or none where the stream's versions demand one.
    """

    store: Path
    stream: str
    after: int
    before: int
    backwards: bool
    limit: int

    def __call__(self, connection: sqlite3.Connection) -> Page:
        """Read it; `reached` is the last event's version."""
        order = "DESC" if self.backwards else "ASC"
        sql = f"{_SELECT} WHERE stream = ? AND version > ? AND version < ? ORDER BY version {order}"
        cursor = connection.execute(sql, (self.stream, self.after, self.before))
        rows, more = _some(cursor, self.limit)
        events = [event_of(row, store=self.store) for row in rows]
        self._check_that_none_is_missing(events)
        return Page(events, events[-1].version if events else self.after, more)

    def _check_that_none_is_missing(self, events: Sequence[RecordedEvent]) -> None:
        if not events:
            return
        step = -1 if self.backwards else 1
        first = events[0].version if self.backwards else self.after + 1
        for offset, event in enumerate(events):
            version = first + step * offset
            if event.version != version or event.stream != self.stream:
                raise CorruptEvent(self.store, self.stream, version)


@dataclass(frozen=True, slots=True)
class StorePage:
    """Asks for the events after a position, of streams that start with one of the prefixes.

    Raises:
        PositionUnknown: the store ends before `after`.
        CorruptEvent: a damaged event.
    """

    store: Path
    after: int
    prefixes: Sequence[str]
    limit: int = PAGE_EVENTS

    def __call__(self, connection: sqlite3.Connection) -> Page:
        """Read it; `reached` is the last event's position, or the store's end if that is all."""
        with _snapshot(connection):
            (head,) = connection.execute("SELECT coalesce(max(position), 0) FROM events").fetchone()
            if self.after > head:
                raise PositionUnknown(self.after, head)
            rows, more = _some(connection.execute(*self._statement()), self.limit)
        events = [event_of(row, store=self.store) for row in rows]
        return Page(events, events[-1].position if more else head, more)

    def _statement(self) -> tuple[str, list[int | str]]:
        sql = f"{_SELECT} WHERE position > ?"
        parameters: list[int | str] = [self.after]
        if self.prefixes:
            matches = " OR ".join("substr(stream, 1, ?) = ?" for _ in self.prefixes)
            sql += f" AND ({matches})"
            for prefix in self.prefixes:
                parameters += (len(prefix), prefix)
        return f"{sql} ORDER BY position", parameters


def _some(cursor: sqlite3.Cursor, limit: int) -> tuple[list[Row], bool]:
    rows: list[Row] = []
    size = 0
    with closing(cursor):
        for row in cursor:
            rows.append(row)
            size += len(row[5]) + len(row[6])
            if len(rows) >= min(limit, PAGE_EVENTS) or size >= PAGE_BYTES:
                return rows, True
    return rows, False


@contextmanager
def _snapshot(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN")
    try:
        yield
    finally:
        connection.rollback()
