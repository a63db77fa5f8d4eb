"""A full disk is an outage, not a loss (R12): appends are refused, and taken again with space."""

import asyncio
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from services.chassis.event_store import open_event_store
from services.chassis.event_store.port import EventStore, NewEvent, StoreUnavailable


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(disk)]
    if os.geteuid() != 0 or subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("NOT TESTED: mounting a small disk needs root and CAP_SYS_ADMIN")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


async def test_a_full_disk_refuses_appends_and_loses_none(small_disk: Path) -> None:
    store = open_event_store(f"sqlite:///{small_disk}/events.db")
    acknowledged: list[int] = []
    with pytest.raises(StoreUnavailable, match="full"):
        await _fill(store, acknowledged)
    stored = [event.version async for event in store.read_stream("box-1")]
    assert stored == acknowledged
    assert await store.healthy()

    await asyncio.to_thread(_make_room, small_disk)

    result = await store.append("box-1", [_large_event()], expected=stored[-1])
    assert result.version == len(stored)
    await store.close()


async def _fill(store: EventStore, acknowledged: list[int]) -> None:
    while True:
        last = acknowledged[-1] if acknowledged else -1
        result = await store.append("box-1", [_large_event()], expected=last)
        acknowledged.append(result.version)


def _make_room(disk: Path) -> None:
    subprocess.run(["mount", "-o", "remount,size=8m", str(disk)], check=True)


def _large_event() -> NewEvent:
    return NewEvent("BoxOpened", os.urandom(50_000), b"{}", uuid4())
