"""Semantics 3 and 7: the same ids at the same place succeed again, and time-outs lose nothing."""

import asyncio

import pytest

from services.chassis.event_store.port import EventStore, StreamState, WrongExpectedVersion
from tests.contract.event_store.samples import an_event, some_events, the_stream, versions

NO_STREAM, EXISTS, ANY = StreamState.NO_STREAM, StreamState.EXISTS, StreamState.ANY


async def test_a_repeated_append_answers_the_same_and_stores_nothing(store: EventStore) -> None:
    events = some_events(3)
    first = await store.append("box-1", events, expected=NO_STREAM)
    again = await store.append("box-1", events, expected=NO_STREAM)

    assert (first.duplicate, again.duplicate) == (False, True)
    assert (again.version, again.position) == (first.version, first.position)
    assert versions(await the_stream(store, "box-1")) == [0, 1, 2]


async def test_a_retry_is_recognised_after_later_appends(store: EventStore) -> None:
    await store.append("box-1", some_events(2), expected=NO_STREAM)
    events = some_events(2)
    first = await store.append("box-1", events, expected=1)
    await store.append("box-1", some_events(5), expected=3)

    again = await store.append("box-1", events, expected=1)

    assert (again.version, again.position, again.duplicate) == (3, first.position, True)
    assert len(await the_stream(store, "box-1")) == 9


@pytest.mark.parametrize("expected", [ANY, EXISTS])
async def test_a_retry_without_a_version_is_recognised(
    store: EventStore, expected: StreamState
) -> None:
    await store.append("box-1", [an_event()], expected=NO_STREAM)
    events = some_events(2)
    first = await store.append("box-1", events, expected=expected)
    again = await store.append("box-1", events, expected=expected)
    assert (again.version, again.position, again.duplicate) == (2, first.position, True)


async def test_other_ids_at_the_same_place_are_refused(store: EventStore) -> None:
    await store.append("box-1", some_events(2), expected=NO_STREAM)
    with pytest.raises(WrongExpectedVersion):
        await store.append("box-1", some_events(2), expected=NO_STREAM)


async def test_a_retry_with_one_event_more_is_refused(store: EventStore) -> None:
    events = some_events(2)
    await store.append("box-1", events, expected=NO_STREAM)
    for expected in (NO_STREAM, ANY):
        with pytest.raises(WrongExpectedVersion):
            await store.append("box-1", [*events, an_event()], expected=expected)


async def test_the_same_id_in_another_stream_is_another_event(store: EventStore) -> None:
    event = an_event()
    await store.append("box-1", [event], expected=NO_STREAM)
    other = await store.append("box-2", [event], expected=NO_STREAM)
    assert (other.version, other.duplicate) == (0, False)


async def test_retries_that_run_at_once_store_one_event(store: EventStore) -> None:
    event = an_event()
    results = await asyncio.gather(
        *(store.append("box-1", [event], expected=NO_STREAM) for _ in range(10))
    )
    assert sorted(result.duplicate for result in results) == [False] + [True] * 9
    assert {result.position for result in results} == {results[0].position}
    assert versions(await the_stream(store, "box-1")) == [0]


async def test_an_append_whose_answer_was_lost_is_finished_by_its_retry(store: EventStore) -> None:
    event = an_event()
    impatient = asyncio.create_task(store.append("box-1", [event], expected=NO_STREAM))
    await asyncio.sleep(0)  # it is on its way now
    impatient.cancel()
    with pytest.raises(asyncio.CancelledError):
        await impatient

    result = await store.append("box-1", [event], expected=NO_STREAM)

    assert result.version == 0
    assert versions(await the_stream(store, "box-1")) == [0]
