"""One process writes, the others read: what each meets when it opens the store."""

import asyncio
import os
import time
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import pytest

from services.chassis.event_store import open_event_store
from services.chassis.event_store.port import (
    CaughtUp,
    Checkpoint,
    NewEvent,
    ReadOnlyStore,
    RecordedEvent,
    StoreLocked,
    StoreUnavailable,
    StreamState,
)
from services.chassis.event_store.sqlite import open_for_reading
from tests.integration.event_store.processes import WAIT_SECONDS, appending

Item = RecordedEvent | CaughtUp | Checkpoint


async def test_a_second_writer_is_refused_and_told_what_to_do(url: str, file: Path) -> None:
    async with appending(url) as writer:
        await writer.acknowledged(1)
        with pytest.raises(StoreLocked) as refusal:
            open_event_store(url)
        message = str(refusal.value)
        assert str(file.with_name("events.db.lock")) in message
        assert f"process {writer.process.pid}" in message
        assert "Stop that process" in message
        assert len(await writer.acknowledged(20)) == 20  # the first one was not disturbed


async def test_a_second_writer_in_the_same_process_is_refused_too(url: str) -> None:
    first = open_event_store(url)
    with pytest.raises(StoreLocked, match=f"process {os.getpid()}"):
        open_event_store(url)
    await first.close()
    second = open_event_store(url)
    await second.close()


async def test_the_lock_dies_with_its_process(url: str) -> None:
    async with appending(url) as writer:
        await writer.acknowledged(1)
        await writer.kill()
    store = open_event_store(url)
    assert await store.healthy()
    await store.close()


async def test_a_reader_sees_what_another_process_appends_within_a_second(url: str) -> None:
    async with appending(url) as writer:
        await writer.acknowledged(1)
        reader = open_event_store(url, read_only=True)
        async with reader.subscribe() as items:
            while not isinstance(await _next(items), CaughtUp):
                continue
            for _ in range(50):
                item = await _next(items)
                assert isinstance(item, RecordedEvent)
                assert time.time() - item.recorded_at.timestamp() < 1
        await reader.close()


async def test_a_reader_reads_a_store_whose_writer_has_gone(url: str) -> None:
    store = open_event_store(url)
    await store.append("box-1", [_event()], expected=StreamState.NO_STREAM)
    identity = await store.store_id()
    await store.close()

    reader = open_event_store(url, read_only=True)

    assert await reader.healthy()
    assert await reader.store_id() == identity
    assert [event.version async for event in reader.read_stream("box-1")] == [0]
    with pytest.raises(ReadOnlyStore, match="orchestrator"):
        await reader.append("box-1", [_event()], expected=0)
    await reader.close()


async def test_a_reader_does_not_keep_a_writer_from_opening(url: str) -> None:
    await open_event_store(url).close()
    reader = open_event_store(url, read_only=True)
    assert await reader.healthy()
    writer = open_event_store(url)
    await writer.append("box-1", [_event()], expected=StreamState.NO_STREAM)
    assert len([event async for event in reader.read_all()]) == 1
    await writer.close()
    assert len([event async for event in reader.read_all()]) == 1
    await reader.close()


async def test_a_reader_waits_for_a_file_that_is_not_there_yet(url: str) -> None:
    reader = open_event_store(url, read_only=True)
    assert not await reader.healthy()
    async with reader.subscribe() as items:
        first = asyncio.create_task(_next(items))
        await reader.healthy()  # the reader has had its turn and found nothing
        assert not first.done()
        writer = open_event_store(url)
        assert await first == CaughtUp()
    await reader.close()
    await writer.close()


async def test_a_reader_says_what_it_waits_for_when_it_gives_up(file: Path) -> None:
    reader = open_for_reading(file, patience=0.1)
    with pytest.raises(StoreUnavailable) as refusal:
        [event async for event in reader.read_all()]
    assert str(file) in str(refusal.value)
    assert "start it" in str(refusal.value)
    assert list(file.parent.iterdir()) == []
    await reader.close()


async def test_closing_a_reader_ends_its_waiting_subscription(url: str) -> None:
    await open_event_store(url).close()
    reader = open_event_store(url, read_only=True)
    async with reader.subscribe() as items, reader.subscribe() as others:
        assert await _next(items) == await _next(others) == CaughtUp()
        waiting = asyncio.create_task(_next(items))
        await asyncio.sleep(0)
        await reader.close()
        with pytest.raises(StoreUnavailable, match="closed"):
            await waiting


async def test_the_wal_stays_short_while_a_reader_takes_its_time(url: str, file: Path) -> None:
    writer = open_event_store(url)
    reader = open_event_store(url, read_only=True)
    for version in range(600):
        await writer.append("box-1", [_event(b"x" * 1000)], expected=version - 1)
    slow = reader.read_all()
    await anext(slow)  # the first page is read, the second is not yet
    for version in range(600, 1000):
        await writer.append("box-1", [_event(b"x" * 50_000)], expected=version - 1)
    assert _size(file.with_name("events.db-wal")) < 12_000_000
    assert _size(file) > 12_000_000
    assert len([event async for event in slow]) == 999
    await reader.close()
    await writer.close()


async def _next(items: AsyncIterator[Item]) -> Item:
    return await asyncio.wait_for(anext(items), WAIT_SECONDS)


def _size(file: Path) -> int:
    return file.stat().st_size


def _event(data: bytes = b"{}") -> NewEvent:
    return NewEvent("BoxOpened", data, b"{}", uuid4())
