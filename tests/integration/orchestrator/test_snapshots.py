"""Snapshots are a cache: with them, without them and with bad ones a stream loads to the same."""

import sqlite3
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from services.chassis.clock import system_clock
from services.chassis.event_store import open_event_store
from services.chassis.event_store.port import EventStore
from services.orchestrator.adapters.snapshots import EVERY, Snapshots
from services.orchestrator.adapters.streams import ENVIRONMENTS, History, Streams
from services.orchestrator.domain.slot import Environment
from tests.support.ages import long_life
from tests.support.deployments import DEVELOPMENT
from trellis_contracts.subjects import environment_stream

STREAM = environment_stream(DEVELOPMENT)
LONG = 3 * EVERY + 17


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[EventStore]:
    opened = open_event_store(f"sqlite://{tmp_path}/events.sqlite")
    yield opened
    await opened.close()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "snapshots.sqlite"


async def lived(store: EventStore, length: int = LONG) -> None:
    writer = Streams(store, system_clock)
    for version, event in enumerate(long_life(length), start=-1):
        cause: UUID = uuid4()
        await writer.append(STREAM, [event], after=version, actor="person:ana", causation=cause)


async def loaded(store: EventStore, snapshots: Snapshots | None) -> History[Environment]:
    """Load as an orchestrator does that has just started."""
    streams = Streams(store, system_clock, snapshots=snapshots)
    history = await streams.load(ENVIRONMENTS, STREAM)
    await streams.close()
    return history


def kept(file: Path) -> list[tuple[int]]:
    return sqlite3.connect(file).execute("SELECT version FROM snapshots").fetchall()


async def test_a_snapshot_is_begun_with_and_changes_nothing(store: EventStore, file: Path) -> None:
    await lived(store)
    whole = await loaded(store, None)
    assert (await loaded(store, Snapshots(file))).state == whole.state
    assert kept(file) == [(LONG - 1,)]
    again = await loaded(store, Snapshots(file))
    assert again.kept == LONG - 1
    assert (again.state, again.version, again.answers) == (
        whole.state,
        whole.version,
        whole.answers,
    )


SPOILED: list[Callable[[sqlite3.Connection], object]] = [
    lambda rows: rows.execute("UPDATE snapshots SET body = replace(body, 'Free', 'Flee')"),
    lambda rows: rows.execute("UPDATE snapshots SET body = '{'"),
    lambda rows: rows.execute("UPDATE snapshots SET code = 'of another version'"),
    lambda rows: rows.execute("UPDATE snapshots SET store = 'another'"),
    lambda rows: rows.execute("DROP TABLE snapshots"),
]


@pytest.mark.parametrize("spoil", SPOILED)
async def test_a_snapshot_that_cannot_be_trusted_is_made_anew(
    store: EventStore, file: Path, spoil: Callable[[sqlite3.Connection], object]
) -> None:
    await lived(store)
    whole = await loaded(store, None)
    await loaded(store, Snapshots(file))
    with sqlite3.connect(file) as rows:
        spoil(rows)
    rows.close()
    found = await loaded(store, Snapshots(file))
    assert (found.state, found.answers) == (whole.state, whole.answers)
    assert (await loaded(store, Snapshots(file))).kept == LONG - 1


async def test_a_file_that_is_none_costs_only_time(store: EventStore, file: Path) -> None:
    await lived(store)
    file.write_bytes(b"no database at all, and long enough to be looked at" * 100)
    whole = await loaded(store, None)
    assert (await loaded(store, Snapshots(file))).state == whole.state


async def test_a_short_stream_needs_none(store: EventStore, file: Path) -> None:
    await lived(store, EVERY - 1)
    await loaded(store, Snapshots(file))
    assert kept(file) == []
