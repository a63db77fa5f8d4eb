"""Semantic 4 and the two ways to read: one stream, and everything in order."""

import pytest

from services.chassis.event_store.port import EventStore, PositionUnknown, StreamState
from tests.contract.event_store.samples import (
    an_event,
    as_new,
    everything,
    some_events,
    the_stream,
    versions,
)

NO_STREAM, ANY = StreamState.NO_STREAM, StreamState.ANY


async def test_a_stream_that_does_not_exist_yields_nothing(store: EventStore) -> None:
    await store.append("box-10", [an_event()], expected=NO_STREAM)
    assert await the_stream(store, "box-1") == []


async def test_after_and_limit_cut_a_stream(store: EventStore) -> None:
    await store.append("box-1", some_events(10), expected=NO_STREAM)
    assert versions([e async for e in store.read_stream("box-1", after=6)]) == [7, 8, 9]
    assert versions([e async for e in store.read_stream("box-1", after=2, limit=2)]) == [3, 4]
    assert versions([e async for e in store.read_stream("box-1", after=9)]) == []
    assert versions([e async for e in store.read_stream("box-1", limit=0)]) == []


async def test_backwards_begins_with_the_newest(store: EventStore) -> None:
    await store.append("box-1", some_events(5), expected=NO_STREAM)
    backwards = [e async for e in store.read_stream("box-1", backwards=True)]
    newest = [e async for e in store.read_stream("box-1", backwards=True, limit=1)]
    above_one = [e async for e in store.read_stream("box-1", after=1, backwards=True)]
    assert versions(backwards) == [4, 3, 2, 1, 0]
    assert versions(newest) == [4]
    assert versions(above_one) == [4, 3, 2]


async def test_a_long_stream_is_read_whole_in_both_directions(store: EventStore) -> None:
    for part in range(3):
        await store.append("box-1", some_events(500), expected=500 * part - 1)
    backwards = [e async for e in store.read_stream("box-1", backwards=True)]
    assert versions(await the_stream(store, "box-1")) == list(range(1500))
    assert versions(backwards) == list(range(1499, -1, -1))
    assert versions([e async for e in store.read_stream("box-1", after=498)])[0] == 499


async def test_events_of_a_million_bytes_are_read_one_after_the_other(store: EventStore) -> None:
    for version in range(6):
        await store.append("box-1", [an_event(bytes(999_000))], expected=version - 1)
    assert versions(await the_stream(store, "box-1")) == list(range(6))
    assert len(await everything(store)) == 6


async def test_positions_grow_over_the_whole_store(store: EventStore) -> None:
    results = [
        await store.append(f"box-{number % 3}", some_events(2), expected=ANY) for number in range(9)
    ]
    positions = [event.position for event in await everything(store)]
    assert positions == sorted(set(positions))
    assert [result.position for result in results] == positions[1::2]


async def test_everything_after_a_position_leaves_that_position_out(store: EventStore) -> None:
    first = await store.append("box-1", some_events(2), expected=NO_STREAM)
    events = some_events(2)
    await store.append("box-2", events, expected=NO_STREAM)
    rest = [event async for event in store.read_all(after=first.position)]
    assert as_new(rest) == events
    assert [e async for e in store.read_all(after=rest[-1].position)] == []


async def test_prefixes_choose_streams(store: EventStore) -> None:
    for stream in ("environment-1", "application-1", "environment_x-1", "run-1", "Environment-1"):
        await store.append(stream, [an_event()], expected=NO_STREAM)
    chosen = [e.stream async for e in store.read_all(streams=("environment-", "run-"))]
    first = [e.stream async for e in store.read_all(streams=("environment-", "run-"), limit=1)]
    assert chosen == ["environment-1", "run-1"]
    assert first == ["environment-1"]


async def test_a_prefix_is_no_pattern(store: EventStore) -> None:
    await store.append("box-1", [an_event()], expected=NO_STREAM)
    for prefix in ("%", "b_x", "*", "b?x", ".*"):
        assert [e async for e in store.read_all(streams=(prefix,))] == []


async def test_a_position_that_the_store_never_reached_is_refused(store: EventStore) -> None:
    result = await store.append("box-1", [an_event()], expected=NO_STREAM)
    with pytest.raises(PositionUnknown, match="newer copy"):
        [e async for e in store.read_all(after=result.position + 1_000_000)]
    with pytest.raises(PositionUnknown):
        async with store.subscribe(after=result.position + 1_000_000) as items:
            await anext(items)


async def test_the_id_of_a_store_stays(store: EventStore) -> None:
    before = await store.store_id()
    await store.append("box-1", [an_event()], expected=NO_STREAM)
    assert await store.store_id() == before


async def test_events_move_to_another_store_with_their_ids(store: EventStore) -> None:
    await store.append("box-1", some_events(3), expected=NO_STREAM)
    for event in await the_stream(store, "box-1"):
        await store.append("moved-1", [event], expected=event.version - 1)
    assert as_new(await the_stream(store, "moved-1")) == as_new(await the_stream(store, "box-1"))


async def test_the_end_is_the_position_of_the_newest_event(store: EventStore) -> None:
    assert await store.end() is None
    await store.append("box-1", [an_event()], expected=NO_STREAM)
    result = await store.append("box-2", [an_event()], expected=NO_STREAM)
    assert await store.end() == result.position
