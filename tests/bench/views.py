"""Views made from history, against decoding it and against SQLite alone.

Each round makes the views anew and takes the other measures in turn; the median of the rounds'
ratios is judged. Run as `python -m tests.bench views`.
"""

import asyncio
import os
import sqlite3
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from services.chassis import tasks
from services.chassis.bus.sending import Bus, connect_bus
from services.chassis.event_store import open_event_store
from services.chassis.event_store.port import EventStore
from services.chassis.recording import to_recorded
from services.projections.adapters.events import Events
from services.projections.adapters.following import Following, ViewsBehind
from services.projections.adapters.generation import Generation
from services.projections.adapters.views import Views
from tests.support.histories import Shop, append_all
from tests.support.nats import running_nats
from trellis_contracts.message import Message, Recorded

_SHOPS, _DEPLOYMENTS = 8, 50
_ROUNDS = 5
_PAGE = 1000
_ROW_BYTES = 2_000


def measure() -> dict[str, dict[str, float]]:
    """Return figures by stable names.

    `views_rebuild`: events a second from the store into views by the service's own parts; `ratio`
    to rows a second that SQLite alone inserts, a thousand a transaction, and `of_decoding` to
    reading and decoding the same events. `views_live`: one event in one transaction, in ms;
    `ratio` of the time that SQLite alone needs for one row in one transaction to it.
    """
    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(_measure(Path(folder)))


async def _measure(folder: Path) -> dict[str, dict[str, float]]:
    async with _history(folder / "events.db") as history, running_nats(folder / "bus") as server:
        bus = await connect_bus(server.url, service="projections")
        try:
            return await _rounds(folder, history, bus)
        finally:
            await bus.stop()


@dataclass(frozen=True)
class _History:
    """A store that is read, and its last position."""

    store: EventStore
    last: int

    async def decoded(self) -> list[Recorded]:
        """Read and decode all of it, and do nothing else."""
        return [to_recorded(event, previous=None) async for event in self.store.read_all()]


@asynccontextmanager
async def _history(file: Path) -> AsyncIterator[_History]:
    writing = open_event_store(f"sqlite:///{file}")
    try:
        last = await append_all(writing, list(_events()))
    finally:
        await writing.close()
    store = open_event_store(f"sqlite:///{file}", read_only=True)
    try:
        yield _History(store, last)
    finally:
        await store.close()


def _events() -> Iterator[Message]:
    for shop in (Shop(f"shop-{number}", f"hook_{number:016x}") for number in range(_SHOPS)):
        yield from shop.created()
        for number in range(1, _DEPLOYMENTS + 1):
            yield from shop.deployed(number)


async def _rounds(folder: Path, history: _History, bus: Bus) -> dict[str, dict[str, float]]:
    events = await history.decoded()
    rebuilds, decodes, bare = [], [], []
    lives: list[float] = []
    singles: list[float] = []
    for number in range(_ROUNDS):
        place = folder / f"round-{number}"
        place.mkdir()
        bare.append(sum(_bare(place / "pages.db", rows=len(events), page=_PAGE)))
        rebuilds.append(await _rebuild(place / "views.db", history, bus))
        decodes.append(await _decode(history))
        singles += _bare(place / "singles.db", rows=len(events), page=1)
        lives += _live(place / "live.db", events)
    return {
        "views_rebuild": {
            "ratio": _median_ratio(bare, rebuilds),
            "of_decoding": _median_ratio(decodes, rebuilds),
            "events_per_second": len(events) / statistics.median(rebuilds),
            "bare_per_second": len(events) / statistics.median(bare),
        },
        "views_live": {
            "ratio": statistics.median(singles) / statistics.median(lives),
            **_percentiles(lives),
        },
    }


async def _rebuild(file: Path, history: _History, bus: Bus) -> float:
    """Give the seconds until views that did not exist have everything."""
    views, events = Views(file), Events(history.store, bus)
    following = Following(file, views=views, store=history.store, events=events, bus=bus)
    began = time.perf_counter()
    moved = following.progress.next_move()
    task = asyncio.create_task(following.run())
    while await _behind(following):
        await moved.wait()
        moved = following.progress.next_move()
    seconds = time.perf_counter() - began
    await tasks.end(task)
    reached = views.applications().position
    views.reopen()
    if reached != history.last:
        raise AssertionError(f"the views reached {reached}, not {history.last}")
    return seconds


async def _behind(following: Following) -> bool:
    try:
        await following.well()
    except ViewsBehind:
        return True
    return False


async def _decode(history: _History) -> float:
    began = time.perf_counter()
    await history.decoded()
    return time.perf_counter() - began


def _live(file: Path, events: Sequence[Recorded]) -> list[float]:
    """Give the seconds of each event, in a transaction of its own."""
    generation = Generation(file)
    waits = []
    try:
        generation.resume(uuid4())
        for event in events:
            began = time.perf_counter()
            generation.apply((event,), reached=event.envelope.position)
            waits.append(time.perf_counter() - began)
    finally:
        generation.close()
    return waits


def _bare(file: Path, *, rows: int, page: int) -> list[float]:
    """Give the seconds of each transaction of SQLite alone, as durable as those of the views."""
    waits = []
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("CREATE TABLE rows (id INTEGER PRIMARY KEY, body BLOB)")
        for start in range(0, rows, page):
            bodies = [(os.urandom(_ROW_BYTES),) for _ in range(min(page, rows - start))]
            began = time.perf_counter()
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany("INSERT INTO rows (body) VALUES (?)", bodies)
            connection.execute("COMMIT")
            waits.append(time.perf_counter() - began)
    return waits


def _median_ratio(ours: Sequence[float], theirs: Sequence[float]) -> float:
    return statistics.median(a / b for a, b in zip(ours, theirs, strict=True))


def _percentiles(seconds: Sequence[float]) -> dict[str, float]:
    cuts = statistics.quantiles(seconds, n=100)
    return {"p50_ms": cuts[49] * 1000, "p99_ms": cuts[98] * 1000}
