"""What age costs: loading an environment with few past events, with many, and with very many.

Each load is a cold one: nothing is remembered, as after a restart of the orchestrator.
Run as `python -m tests.bench age`.
"""

import asyncio
import statistics
import tempfile
import time
from pathlib import Path
from uuid import UUID, uuid4

from services.chassis.clock import system_clock
from services.chassis.event_store import open_event_store
from services.chassis.event_store.port import EventStore, StreamState
from services.chassis.recording import Cause, to_new_event
from services.orchestrator.adapters.snapshots import Snapshots
from services.orchestrator.adapters.streams import ENVIRONMENTS, Streams
from tests.bench.terms import SHORT
from tests.support.ages import long_life
from trellis_contracts.message import Message
from trellis_contracts.subjects import environment_stream

LENGTHS = (10, 1_000, 10_000) if SHORT else (10, 1_000, 100_000)
LOADS = 30
_AT_ONCE = 500


def measure() -> dict[str, dict[str, float]]:
    """Return `environment_load_<events>` for each length.

    `ratio` is its median to that of ten events; ms of a cold load; `whole_fold_ms` is what the
    same load takes without a snapshot.
    """
    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(_measure(Path(folder)))


async def _measure(folder: Path) -> dict[str, dict[str, float]]:
    store = open_event_store(f"sqlite://{folder}/events.sqlite")
    try:
        lives = {length: await _lived(store, length) for length in LENGTHS}
        taken = {length: await _loads(store, life, folder) for length, life in lives.items()}
    finally:
        await store.close()
    first = taken[LENGTHS[0]]["p50_ms"]
    return {
        f"environment_load_{length}": {"ratio": figures["p50_ms"] / first, **figures}
        for length, figures in taken.items()
    }


async def _lived(store: EventStore, length: int) -> str:
    """Record an environment's life of so many events, and give its stream."""
    stream, version = environment_stream(uuid4()), -1
    many: list[Message] = []
    for event in long_life(length):
        many.append(event)
        if len(many) == _AT_ONCE:
            version = await _append(store, stream, many, after=version)
            many = []
    await _append(store, stream, many, after=version)
    return stream


async def _append(store: EventStore, stream: str, events: list[Message], *, after: int) -> int:
    now = system_clock()
    new = [to_new_event(event, cause=_cause(), index=0, now=now) for event in events]
    expected = StreamState.NO_STREAM if after < 0 else after
    return (await store.append(stream, new, expected=expected)).version if new else after


def _cause() -> Cause:
    return Cause(actor="person:ana", correlation_id=UUID(int=0), causation_id=uuid4())


async def _loads(store: EventStore, stream: str, folder: Path) -> dict[str, float]:
    snapshots = Snapshots(folder / "snapshots.sqlite")
    first = Streams(store, system_clock, snapshots=snapshots)
    whole = await _timed(first, stream)
    await first.close()
    taken = [
        await _timed(Streams(store, system_clock, snapshots=snapshots), stream)
        for _ in range(LOADS)
    ]
    return {
        "p50_ms": statistics.median(taken),
        "p99_ms": statistics.quantiles(taken, n=100)[-1],
        "whole_fold_ms": whole,
    }


async def _timed(streams: Streams, stream: str) -> float:
    began = time.perf_counter()
    await streams.load(ENVIRONMENTS, stream)
    return 1000 * (time.perf_counter() - began)
