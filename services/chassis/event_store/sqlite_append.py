"""One append inside the writer's transaction: check the expectation, recognise a retry, insert."""

import sqlite3
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import assert_never

from services.chassis.event_store.errors import EventIdReused, WrongExpectedVersion
from services.chassis.event_store.events import AppendResult, NewEvent, StreamState
from services.chassis.event_store.sqlite_rows import INSERT, row_of


@dataclass(frozen=True, slots=True)
class Append:
    """What one caller wants stored, all or nothing."""

    stream: str
    events: Sequence[NewEvent]
    expected: int | StreamState


def perform(append: Append, connection: sqlite3.Connection) -> AppendResult:
    """Insert the events at the end of their stream, or find that they lie there already.

    Decides as KurrentDB's index does, but for two things: under `ANY` ids are remembered for ever,
    and an id that would come into its stream a second time is refused.

    Raises:
        WrongExpectedVersion, EventIdReused: the caller's savepoint has to be rolled back.
    """
    head = _head(append.stream, connection)
    versions = [_version_of(event, append.stream, connection) for event in append.events]
    start = _first_version(append, head, versions)
    if start == head + 1:
        _refuse_known_ids(append, versions)
        return _insert(append, start, connection)
    if versions == list(range(start, start + len(versions))):
        return _found(append, start + len(versions) - 1, connection)
    raise WrongExpectedVersion(append.stream, append.expected, None if head < 0 else head)


def _first_version(append: Append, head: int, versions: Sequence[int | None]) -> int:
    match append.expected:
        case int(version):
            return version + 1
        case StreamState.NO_STREAM:
            return 0
        case StreamState.EXISTS if head < 0:
            raise WrongExpectedVersion(append.stream, append.expected, None)
        case StreamState.EXISTS | StreamState.ANY:
            return head + 1 if versions[0] is None else versions[0]
        case _:
            assert_never(append.expected)


def _refuse_known_ids(append: Append, versions: Sequence[int | None]) -> None:
    for event, version in zip(append.events, versions, strict=True):
        if version is not None:
            raise EventIdReused(append.stream, event.id, version)


def _insert(append: Append, start: int, connection: sqlite3.Connection) -> AppendResult:
    recorded_at = time.time_ns() // 1000
    (last,) = connection.execute("SELECT coalesce(max(position), 0) FROM events").fetchone()
    for offset, event in enumerate(append.events):
        row = row_of(
            event,
            stream=append.stream,
            version=start + offset,
            position=last + 1 + offset,
            recorded_at=recorded_at,
        )
        connection.execute(INSERT, row)
    added = len(append.events)
    return AppendResult(version=start + added - 1, position=last + added, duplicate=False)


def _found(append: Append, version: int, connection: sqlite3.Connection) -> AppendResult:
    (position,) = connection.execute(
        "SELECT position FROM events WHERE stream = ? AND version = ?", (append.stream, version)
    ).fetchone()
    return AppendResult(version=version, position=position, duplicate=True)


def _head(stream: str, connection: sqlite3.Connection) -> int:
    (version,) = connection.execute(
        "SELECT coalesce(max(version), -1) FROM events WHERE stream = ?", (stream,)
    ).fetchone()
    return int(version)


def _version_of(event: NewEvent, stream: str, connection: sqlite3.Connection) -> int | None:
    row = connection.execute(
        "SELECT version FROM events WHERE stream = ? AND id = ?", (stream, event.id.bytes)
    ).fetchone()
    return None if row is None else int(row[0])
