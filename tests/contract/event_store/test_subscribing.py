"""Semantic 5: history, one `CaughtUp`, then live; in order, nothing left out, nothing twice."""

import asyncio

import pytest

from services.chassis.event_store.port import (
    CaughtUp,
    Checkpoint,
    EventStore,
    RecordedEvent,
    StoreUnavailable,
    StreamState,
)
from tests.contract.event_store.samples import (
    an_event,
    everything,
    following,
    some_events,
    until_caught_up,
)

NO_STREAM, ANY = StreamState.NO_STREAM, StreamState.ANY


async def test_history_comes_first_then_caught_up_then_what_is_live(store: EventStore) -> None:
    await store.append("box-1", some_events(3), expected=NO_STREAM)
    async with store.subscribe() as items:
        history = await until_caught_up(items)
        result = await store.append("box-1", [an_event()], expected=2)
        live = await following(items)
    assert history == (await everything(store))[:3]
    assert isinstance(live, RecordedEvent)
    assert live.position == result.position


async def test_an_empty_store_is_caught_up_at_once(store: EventStore) -> None:
    async with store.subscribe() as items:
        assert await following(items) == CaughtUp()


async def test_after_leaves_the_position_itself_out(store: EventStore) -> None:
    await store.append("box-1", some_events(3), expected=NO_STREAM)
    events = await everything(store)
    async with store.subscribe(after=events[1].position) as items:
        assert await until_caught_up(items) == events[2:]


async def test_a_long_history_is_followed_whole(store: EventStore) -> None:
    for part in range(4):
        await store.append("box-1", some_events(400), expected=400 * part - 1)
    async with store.subscribe() as items:
        assert len(await until_caught_up(items)) == 1600


async def test_a_filtered_subscription_says_how_far_it_has_looked(store: EventStore) -> None:
    await store.append("box-1", [an_event()], expected=NO_STREAM)
    result = await store.append("run-1", some_events(3), expected=NO_STREAM)
    async with store.subscribe(streams=("box-",)) as items:
        event, checkpoint = await until_caught_up(items)
    assert isinstance(event, RecordedEvent)
    assert event.stream == "box-1"
    assert checkpoint == Checkpoint(result.position)
    async with store.subscribe(after=result.position, streams=("box-",)) as items:
        assert await until_caught_up(items) == []


async def test_a_filtered_subscription_goes_on_without_a_match(store: EventStore) -> None:
    async with store.subscribe(streams=("box-",)) as items:
        await until_caught_up(items)
        missed = await store.append("run-1", [an_event()], expected=NO_STREAM)
        assert await following(items) == Checkpoint(missed.position)
        hit = await store.append("box-1", [an_event()], expected=NO_STREAM)
        live = await following(items)
    assert isinstance(live, RecordedEvent)
    assert live.position == hit.position


async def test_caught_up_comes_once(store: EventStore) -> None:
    async with store.subscribe() as items:
        await until_caught_up(items)
        for version in range(5):
            await store.append("box-1", [an_event()], expected=version - 1)
            assert isinstance(await following(items), RecordedEvent)


async def test_appends_around_caught_up_leave_no_gap_and_no_duplicate(store: EventStore) -> None:
    async def append_many(stream: str) -> None:
        for version in range(100):
            await store.append(stream, some_events(2), expected=2 * version - 1)

    await append_many("box-before")
    appending = [asyncio.create_task(append_many(f"box-{number}")) for number in range(5)]
    seen: list[int] = []
    caught_up = 0
    async with store.subscribe() as items:
        while len(seen) < 1200:
            item = await following(items)
            if isinstance(item, RecordedEvent):
                seen.append(item.position)
            caught_up += isinstance(item, CaughtUp)
    await asyncio.gather(*appending)
    assert caught_up == 1
    assert seen == [event.position for event in await everything(store)]


async def test_two_subscriptions_do_not_disturb_each_other(store: EventStore) -> None:
    async with store.subscribe() as one, store.subscribe(streams=("box-",)) as other:
        await until_caught_up(one)
        await until_caught_up(other)
        await store.append("box-1", [an_event()], expected=NO_STREAM)
        assert await following(one) == await following(other)


async def test_leaving_a_subscription_ends_its_iterator(store: EventStore) -> None:
    async with store.subscribe() as items:
        await until_caught_up(items)
    with pytest.raises(StopAsyncIteration):
        await anext(items)


async def test_closing_the_store_ends_a_waiting_subscription(store: EventStore) -> None:
    async with store.subscribe() as items:
        await until_caught_up(items)
        waiting = asyncio.create_task(following(items))
        await asyncio.sleep(0)
        await store.close()
        with pytest.raises(StoreUnavailable, match="closed"):
            await waiting


async def test_a_closed_store_says_so(store: EventStore) -> None:
    assert await store.healthy()
    await store.close()
    await store.close()
    assert not await store.healthy()
    with pytest.raises(StoreUnavailable, match="closed"):
        await store.append("box-1", [an_event()], expected=ANY)
    with pytest.raises(StoreUnavailable, match="closed"):
        await everything(store)
