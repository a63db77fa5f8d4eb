"""Appends through the port against bare SQLite transactions, and loading a stream of 1000 events.

A bare transaction is one row in a WAL database with `synchronous=FULL`: what one append would cost
without group commit. Both run in turns, and the median of the rounds' ratios is judged.
Run as `python -m tests.bench.event_store`.
"""

import asyncio
import json
import os
import sqlite3
import statistics
import tempfile
import time
from contextlib import closing
from pathlib import Path
from uuid import uuid4

from services.chassis.event_store import open_event_store
from services.chassis.event_store.port import EventStore, NewEvent
from services.chassis.logging import configure_logging

APPENDERS = 10
ROUNDS = 5
ROUND_SECONDS = 0.6
LOADS = 60
EVENT_BYTES = 450


def measure() -> dict[str, dict[str, float]]:
    """Return figures by stable names.

    `event_store_append`: `ratio` of appends a second with ten appenders to bare transactions a
    second, both rates, and the latency of one append in ms. `event_store_load_1000`: ms to load,
    and `ratio` of the time that SQLite alone needs for the same rows to it.
    """
    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(_measure(Path(folder)))


async def _measure(folder: Path) -> dict[str, dict[str, float]]:
    store = open_event_store(f"sqlite:///{folder}/events.db")
    try:
        return {
            "event_store_append": await _appending(store, folder / "bare.db"),
            "event_store_load_1000": await _loading(store, folder / "events.db"),
        }
    finally:
        await store.close()


async def _appending(store: EventStore, bare: Path) -> dict[str, float]:
    ours: list[float] = []
    theirs: list[float] = []
    latencies: list[float] = []
    for number in range(ROUNDS):
        theirs.append(await asyncio.to_thread(_bare_transactions, bare))
        waits = await asyncio.gather(
            *(_append_for_a_while(store, f"box-{number}x{n}") for n in range(APPENDERS))
        )
        latencies += (round_waits := [wait for appender in waits for wait in appender])
        ours.append(len(round_waits) / ROUND_SECONDS)
    return {
        "ratio": statistics.median(a / b for a, b in zip(ours, theirs, strict=True)),
        "appends_per_second": statistics.median(ours),
        "bare_per_second": statistics.median(theirs),
        **_percentiles(latencies),
    }


async def _append_for_a_while(store: EventStore, stream: str) -> list[float]:
    waits: list[float] = []
    end = time.perf_counter() + ROUND_SECONDS
    while (start := time.perf_counter()) < end:
        await store.append(stream, [_event()], expected=len(waits) - 1)
        waits.append(time.perf_counter() - start)
    return waits


def _bare_transactions(file: Path) -> float:
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = wal")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("CREATE TABLE IF NOT EXISTS rows (id INTEGER PRIMARY KEY, data BLOB)")
        count = 0
        end = time.perf_counter() + ROUND_SECONDS
        while time.perf_counter() < end:
            connection.execute("INSERT INTO rows (data) VALUES (?)", (os.urandom(EVENT_BYTES),))
            count += 1
        return count / ROUND_SECONDS


async def _loading(store: EventStore, file: Path) -> dict[str, float]:
    for version in range(-1, 999, 100):
        await store.append("long-1", [_event() for _ in range(100)], expected=version)
    ours: list[float] = []
    theirs: list[float] = []
    for _ in range(LOADS):
        theirs.append(await asyncio.to_thread(_bare_select, file))
        start = time.perf_counter()
        loaded = [event async for event in store.read_stream("long-1")]
        ours.append(time.perf_counter() - start)
        if len(loaded) != 1000:
            raise AssertionError(f"{len(loaded)} events were loaded, not 1000")
    ratio = statistics.median(b / a for a, b in zip(ours, theirs, strict=True))
    return {"ratio": ratio, **_percentiles(ours)}


def _bare_select(file: Path) -> float:
    with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)) as connection:
        start = time.perf_counter()
        connection.execute(
            "SELECT * FROM events WHERE stream = 'long-1' ORDER BY version"
        ).fetchall()
        return time.perf_counter() - start


def _event() -> NewEvent:
    return NewEvent("BoxOpened", os.urandom(EVENT_BYTES), b"{}", uuid4())


def _percentiles(seconds: list[float]) -> dict[str, float]:
    cuts = statistics.quantiles(seconds, n=100)
    return {"p50_ms": cuts[49] * 1000, "p99_ms": cuts[98] * 1000}


if __name__ == "__main__":
    configure_logging("bench", "warning")
    print(json.dumps(measure(), indent=2))  # noqa: T201 - its answer
