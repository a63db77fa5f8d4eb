"""Many appenders at once: one wins each version, the others learn where the stream is."""

import asyncio

import pytest

from services.chassis.event_store.port import (
    AppendResult,
    EventStore,
    NewEvent,
    StreamState,
    WrongExpectedVersion,
)
from tests.contract.event_store.samples import (
    an_event,
    everything,
    some_events,
    the_stream,
    versions,
)

NO_STREAM, ANY = StreamState.NO_STREAM, StreamState.ANY


async def test_fifty_appends_at_once_to_one_stream_are_all_stored(store: EventStore) -> None:
    results = await asyncio.gather(
        *(store.append("log-1", [an_event()], expected=ANY) for _ in range(50))
    )
    assert sorted(result.version for result in results) == list(range(50))
    assert versions(await the_stream(store, "log-1")) == list(range(50))


async def test_twenty_writers_with_one_expectation_have_one_winner_each_time(
    store: EventStore,
) -> None:
    for expected in range(-1, 9):
        answers = await asyncio.gather(
            *(store.append("box-1", [an_event()], expected=expected) for _ in range(20)),
            return_exceptions=True,
        )
        winners = [answer for answer in answers if isinstance(answer, AppendResult)]
        losers = [answer for answer in answers if isinstance(answer, WrongExpectedVersion)]
        assert [winner.version for winner in winners] == [expected + 1]
        assert {loser.actual for loser in losers} == {expected + 1}
        assert len(losers) == 19
    assert versions(await the_stream(store, "box-1")) == list(range(10))


async def test_writers_that_load_and_try_again_all_get_through(store: EventStore) -> None:
    async def load_and_append() -> None:
        event = an_event()
        while True:
            head = versions(await the_stream(store, "box-1"))[-1:] or [-1]
            try:
                await store.append("box-1", [event], expected=head[0])
            except WrongExpectedVersion:
                continue
            return

    await asyncio.gather(*(load_and_append() for _ in range(20)))
    assert versions(await the_stream(store, "box-1")) == list(range(20))


async def test_a_refused_append_does_not_fail_those_beside_it(store: EventStore) -> None:
    await store.append("box-0", some_events(2), expected=NO_STREAM)
    unstorable = NewEvent("Odd", "text, not bytes", b"{}", an_event().id)  # type: ignore[arg-type]  # on purpose

    answers = await asyncio.gather(
        store.append("box-1", some_events(2), expected=NO_STREAM),
        store.append("box-0", [an_event()], expected=7),
        store.append("box-2", [an_event(), unstorable], expected=NO_STREAM),
        store.append("box-3", some_events(2), expected=NO_STREAM),
        return_exceptions=True,
    )

    assert isinstance(answers[1], WrongExpectedVersion)
    assert isinstance(answers[2], Exception)
    assert {event.stream for event in await everything(store)} == {"box-0", "box-1", "box-3"}
    assert len(await everything(store)) == 6


async def test_streams_that_grow_at_once_stay_dense(store: EventStore) -> None:
    async def grow(stream: str) -> None:
        for version in range(0, 60, 3):
            await store.append(stream, some_events(3), expected=version - 1)

    await asyncio.gather(*(grow(f"box-{number}") for number in range(10)))
    for number in range(10):
        assert versions(await the_stream(store, f"box-{number}")) == list(range(60))


@pytest.mark.parametrize("appenders", [1, 30])
async def test_an_acknowledged_event_is_read_at_once(store: EventStore, appenders: int) -> None:
    async def append_then_read(stream: str) -> list[int]:
        await store.append(stream, [an_event()], expected=NO_STREAM)
        return versions(await the_stream(store, stream))

    read = await asyncio.gather(*(append_then_read(f"box-{n}") for n in range(appenders)))
    assert read == [[0]] * appenders
