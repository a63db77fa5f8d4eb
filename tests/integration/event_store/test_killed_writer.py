"""What was acknowledged survives a writer that is killed at any instant (F5 without the power)."""

import asyncio
import os
import random
import sqlite3
from collections import defaultdict
from contextlib import closing
from pathlib import Path

import pytest

from services.chassis.event_store import open_event_store
from services.chassis.event_store.port import CorruptStore, EventStore, RecordedEvent
from tests.integration.event_store.processes import WAIT_SECONDS, Acknowledged, appending

ROUNDS = int(os.environ.get("TRELLIS_KILL_ROUNDS", "4"))


@pytest.mark.timeout(60 + 20 * ROUNDS)
async def test_a_killed_writer_loses_nothing_it_acknowledged(url: str, file: Path) -> None:
    chance = random.Random(20261125)  # noqa: S311 - chooses when to kill
    acknowledged: list[Acknowledged] = []
    for _ in range(ROUNDS):
        async with appending(url) as writer:
            acknowledged += await writer.acknowledged(chance.randint(100, 600))
            acknowledged += await writer.kill()
        stored = await _everything(open_event_store(url, read_only=True))
        _check(acknowledged, stored)
    stored = await _everything(open_event_store(url))
    _check(acknowledged, stored)
    assert _integrity(file) == "ok"


async def test_a_reader_follows_the_store_across_killed_writers(url: str) -> None:
    reader = open_event_store(url, read_only=True)
    last = 0
    seen: list[int] = []
    async with reader.subscribe() as items:
        for _ in range(2):
            async with appending(url) as writer:
                last = (await writer.acknowledged(150))[-1].position
                last = max([last, *(ack.position for ack in await writer.kill())])
            while not seen or seen[-1] < last:
                item = await asyncio.wait_for(anext(items), WAIT_SECONDS)
                if isinstance(item, RecordedEvent):
                    seen.append(item.position)
    assert seen == list(range(1, len(seen) + 1))
    await reader.close()


async def test_a_reader_that_leaves_last_leaves_the_wal_alone(url: str, file: Path) -> None:
    async with appending(url) as writer:
        await writer.acknowledged(20)
        reader = open_event_store(url, read_only=True)
        assert await reader.healthy()
        await writer.kill()
    stored = await _everything(reader)
    assert file.with_name("events.db-wal").stat().st_size > 0
    # A group that was synced but not announced yet shows up when the next to open recovers the WAL.
    recovered = await _everything(open_event_store(url, read_only=True))
    assert recovered[: len(stored)] == stored
    assert await _everything(open_event_store(url)) == recovered


async def test_a_file_that_is_gone_while_its_wal_is_not_is_no_new_store(
    url: str, file: Path
) -> None:
    async with appending(url) as writer:
        await writer.acknowledged(5)
    await asyncio.to_thread(file.unlink)
    with pytest.raises(CorruptStore, match="the file is gone"):
        open_event_store(url)
    assert file.with_name("events.db-wal").stat().st_size > 0


async def test_a_store_left_unmade_is_made_anew(url: str, file: Path) -> None:
    file.with_name("events.db.new").write_bytes(b"half a file")
    file.with_name("events.db.new-journal").write_bytes(b"half a journal")
    store = open_event_store(url)
    assert await store.healthy()
    await store.close()


async def _everything(store: EventStore) -> list[RecordedEvent]:
    try:
        return [event async for event in store.read_all()]
    finally:
        await store.close()


def _check(acknowledged: list[Acknowledged], stored: list[RecordedEvent]) -> None:
    at = {(event.stream, event.version): event.position for event in stored}
    lost = [ack for ack in acknowledged if at.get((ack.stream, ack.version)) != ack.position]
    assert lost == []
    streams: defaultdict[str, list[int]] = defaultdict(list)
    for event in stored:
        streams[event.stream].append(event.version)
    for versions in streams.values():
        assert versions == list(range(len(versions)))
        assert len(versions) % 2 == 0  # appended in pairs, so a torn append would be odd


def _integrity(file: Path) -> str:
    with closing(sqlite3.connect(file)) as connection:
        return str(connection.execute("PRAGMA integrity_check").fetchone()[0])
