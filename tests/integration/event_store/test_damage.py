"""A damaged store is refused by name, never read as if it were whole (F42), and never changed."""

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from uuid import uuid4

import pytest

from services.chassis.event_store import open_event_store
from services.chassis.event_store.port import (
    CorruptEvent,
    CorruptStore,
    EventIdReused,
    NewEvent,
    StreamState,
)

MARK = b"the third box holds a lamp"
LETTER = b"a letter to somebody " * 100
REST = "type, data, metadata, recorded_at, sha256 FROM events"


@pytest.fixture
async def written(url: str, file: Path) -> Path:
    store = open_event_store(url)
    events = [NewEvent("BoxOpened", data, b"{}", uuid4()) for data in (b"1", b"2", MARK, b"4")]
    await store.append("box-1", events, expected=StreamState.NO_STREAM)
    await store.append("box-2", [NewEvent("BoxOpened", b"5", b"{}", uuid4())], expected=-1)
    await store.close()
    return file


async def test_a_flipped_bit_in_an_event_is_found_and_named(written: Path, url: str) -> None:
    _flip_a_bit(written)
    store = open_event_store(url)

    with pytest.raises(CorruptEvent) as finding:
        [event async for event in store.read_stream("box-1")]
    assert (finding.value.stream, finding.value.version) == ("box-1", 2)
    assert "version 2 of box-1" in str(finding.value)
    with pytest.raises(CorruptEvent):
        [event async for event in store.read_all()]
    with pytest.raises(CorruptEvent):
        async with store.subscribe() as items:
            [item async for item in items]
    assert len([event async for event in store.read_stream("box-2")]) == 1
    await store.close()


@pytest.mark.parametrize(
    "change",
    [
        "type = 'BoxClosed'",
        "metadata = x'00'",
        "recorded_at = recorded_at + 1",
        "id = zeroblob(16)",
        "position = 99",
        "type = cast(x'ff' AS TEXT)",
    ],
)
async def test_no_column_can_change_unseen(written: Path, url: str, change: str) -> None:
    with closing(sqlite3.connect(written)) as connection:
        connection.execute("DROP TRIGGER events_are_never_changed")
        connection.execute(f"UPDATE events SET {change} WHERE stream = 'box-1' AND version = 1")  # noqa: S608 - the test's own text
        connection.commit()
    store = open_event_store(url)
    with pytest.raises(CorruptEvent, match="version 1 of box-1"):
        [event async for event in store.read_stream("box-1")]
    await store.close()


@pytest.mark.parametrize("backwards", [False, True])
async def test_a_missing_event_is_named(written: Path, url: str, *, backwards: bool) -> None:
    with closing(sqlite3.connect(written)) as connection:
        connection.execute("DROP TRIGGER events_are_never_deleted")
        connection.execute("DELETE FROM events WHERE stream = 'box-1' AND version = 1")
        connection.commit()
    store = open_event_store(url)
    with pytest.raises(CorruptEvent, match="version 1 of box-1"):
        [event async for event in store.read_stream("box-1", backwards=backwards)]
    await store.close()


@pytest.fixture
def other_program(written: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(written)) as connection:
        yield connection


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE events SET data = x'00' WHERE version = 0",
        "DELETE FROM events",
        "UPDATE store SET id = x'00'",
        "DELETE FROM store",
        "INSERT OR REPLACE INTO events SELECT * FROM events WHERE version = 0",
        f"INSERT OR REPLACE INTO events SELECT 99, stream, version, id, {REST} WHERE version = 1",
        f"INSERT OR REPLACE INTO events SELECT 99, stream, 4, id, {REST} WHERE version = 1",
        f"INSERT OR REPLACE INTO events SELECT 1, stream, 4, x'00', {REST} WHERE version = 1",
        f"INSERT INTO events SELECT 99, stream, 9, x'00', {REST} WHERE version = 1",
    ],
)
def test_no_program_can_rewrite_history(other_program: sqlite3.Connection, statement: str) -> None:
    with pytest.raises(sqlite3.IntegrityError):
        other_program.execute(statement)


@pytest.mark.parametrize("read_only", [False, True])
async def test_a_file_that_is_no_event_store_is_left_alone(
    url: str, file: Path, *, read_only: bool
) -> None:
    await asyncio.to_thread(file.write_bytes, LETTER)
    with pytest.raises(CorruptStore, match="cannot be trusted"):
        await open_event_store(url, read_only=read_only).store_id()
    assert await asyncio.to_thread(file.read_bytes) == LETTER


async def test_another_programs_database_is_refused(url: str, file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TABLE letters (body TEXT)")
    with pytest.raises(CorruptStore, match="not an event store"):
        open_event_store(url)


async def test_the_file_of_a_newer_release_is_refused(written: Path, url: str) -> None:
    with closing(sqlite3.connect(written)) as connection:
        connection.execute("PRAGMA user_version = 2")
    with pytest.raises(CorruptStore, match="schema 2, this release reads 1"):
        open_event_store(url)


async def test_an_id_cannot_come_into_its_stream_twice(url: str) -> None:
    store = open_event_store(url)
    event = NewEvent("BoxOpened", b"{}", b"{}", uuid4())
    await store.append("box-1", [event], expected=-1)
    await store.append("box-1", [NewEvent("BoxOpened", b"{}", b"{}", uuid4())], expected=0)
    with pytest.raises(EventIdReused, match="already version 0 of box-1"):
        await store.append("box-1", [event], expected=1)
    await store.close()


def _flip_a_bit(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[content.index(MARK) + 5] ^= 1
    file.write_bytes(content)
