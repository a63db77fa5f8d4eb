"""Nothing is acknowledged that the disk has not confirmed (F6), nor anything after it failed (F8).

strace counts the syncs of a writer process, or makes one of them fail.
"""

import asyncio
import shutil
import sqlite3
import sys
from pathlib import Path
from uuid import uuid4

import pytest

from services.chassis.event_store import open_event_store
from services.chassis.event_store.port import NewEvent, StoreUnavailable
from services.chassis.event_store.sqlite import SqliteEventStore
from tests.integration.event_store.processes import PROGRAM, WAIT_SECONDS, parsed
from tests.support.disks import fail_once

needs_strace = pytest.mark.skipif(
    shutil.which("strace") is None, reason="NOT TESTED: syncs cannot be watched without strace"
)


@needs_strace
async def test_a_lone_appender_waits_for_a_sync_each_time(url: str, tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    _, output, _ = await _traced("-o", str(trace), url=url, appenders=1, appends=60)
    syncs = (await asyncio.to_thread(trace.read_text)).count("fdatasync(")
    assert len(parsed(output)) == 60
    assert syncs >= 60


@needs_strace
async def test_appenders_that_wait_together_share_a_sync(url: str, tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    _, output, _ = await _traced("-o", str(trace), url=url, appenders=20, appends=20)
    syncs = (await asyncio.to_thread(trace.read_text)).count("fdatasync(")
    assert len(parsed(output)) == 400
    assert syncs < 390


@needs_strace
async def test_nothing_is_acknowledged_once_a_sync_has_failed(url: str, tmp_path: Path) -> None:
    fault = ("-o", str(tmp_path / "trace"), "-e", "inject=fdatasync:error=EIO:when=30+")
    code, output, errors = await _traced(*fault, url=url, appenders=1, appends=200)
    acknowledged = parsed(output)
    assert code != 0
    assert b"disk I/O error" in errors
    assert 0 < len(acknowledged) < 30

    store = open_event_store(url)
    stored = [event.version async for event in store.read_stream("box-0")]
    assert stored[: acknowledged[-1].version + 1] == list(range(acknowledged[-1].version + 1))
    await store.close()


async def test_the_settings_that_durability_rests_on_are_made(url: str) -> None:
    store = open_event_store(url)
    assert isinstance(store, SqliteEventStore)
    assert store._writer
    found = [
        store._writer._connection.execute(f"PRAGMA {setting}").fetchone()[0]
        for setting in ("journal_mode", "synchronous", "wal_autocheckpoint")
    ]
    assert found == ["wal", 2, 0]
    await store.close()


async def test_closing_the_writer_finishes_the_appends_under_way(url: str) -> None:
    store = open_event_store(url)
    assert isinstance(store, SqliteEventStore)
    assert store._writer
    appends = [
        asyncio.create_task(
            store.append(f"box-{n}", [NewEvent("BoxOpened", b"{}", b"{}", uuid4())], expected=-1)
        )
        for n in range(50)
    ]
    await asyncio.sleep(0)  # they are on their way now
    await asyncio.wait_for(store._writer.close(), WAIT_SECONDS)
    assert [result.version for result in await asyncio.gather(*appends)] == [0] * 50
    await store.close()


@pytest.mark.parametrize(
    ("code", "goes_on"), [(sqlite3.SQLITE_IOERR_FSYNC, False), (sqlite3.SQLITE_FULL, True)]
)
async def test_a_store_goes_on_after_a_full_disk_but_not_after_a_failed_sync(
    url: str, code: int, *, goes_on: bool
) -> None:
    store = open_event_store(url)
    fail_once(store, code)
    lost = asyncio.create_task(store.lost())
    event = NewEvent("BoxOpened", b"{}", b"{}", uuid4())

    with pytest.raises(StoreUnavailable, match="planted"):
        await store.append("box-1", [event], expected=-1)

    assert await store.healthy() is goes_on
    if goes_on:
        assert not lost.done()
        lost.cancel()
        assert not (await store.append("box-1", [event], expected=-1)).duplicate
    else:
        with pytest.raises(StoreUnavailable, match="planted"):
            await asyncio.wait_for(lost, WAIT_SECONDS)
        with pytest.raises(StoreUnavailable, match="planted"):
            await store.append("box-1", [event], expected=-1)
    await store.close()


async def _traced(
    *options: str, url: str, appenders: int, appends: int
) -> tuple[int | None, bytes, bytes]:
    process = await asyncio.create_subprocess_exec(
        *("strace", "-f", "-e", "trace=fdatasync", *options),
        *(sys.executable, str(PROGRAM), url, str(appenders), str(appends)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    output, errors = await asyncio.wait_for(process.communicate(), WAIT_SECONDS)
    return process.returncode, output, errors
