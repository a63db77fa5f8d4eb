"""Semantics 1 and 2: an append is atomic, versions are dense, expectations are kept."""

from datetime import UTC, datetime, timedelta

import pytest

from services.chassis.event_store.port import (
    MAX_APPEND_BYTES,
    AppendTooLarge,
    EventStore,
    NewEvent,
    StreamState,
    WrongExpectedVersion,
)
from tests.contract.event_store.samples import (
    an_event,
    as_new,
    everything,
    some_events,
    the_stream,
    versions,
)

NO_STREAM, EXISTS, ANY = StreamState.NO_STREAM, StreamState.EXISTS, StreamState.ANY


async def test_what_was_appended_is_read_back_byte_for_byte(store: EventStore) -> None:
    event = an_event('{"name":"Grüße"}'.encode(), type="ÄpfelGezählt")
    before = datetime.now(UTC) - timedelta(seconds=1)

    result = await store.append("box-1", [event], expected=NO_STREAM)

    (recorded,) = await the_stream(store, "box-1")
    assert as_new([recorded]) == [event]
    assert (recorded.stream, recorded.version, recorded.position) == ("box-1", 0, result.position)
    assert before < recorded.recorded_at < datetime.now(UTC) + timedelta(seconds=1)
    assert recorded.recorded_at.tzinfo is UTC


async def test_a_json_free_payload_of_any_bytes_is_kept(store: EventStore) -> None:
    payload = bytes(range(256))
    await store.append("box-1", [an_event(payload)], expected=NO_STREAM)
    assert [event.data for event in await the_stream(store, "box-1")] == [payload]


async def test_versions_of_a_stream_are_dense_from_zero(store: EventStore) -> None:
    first = await store.append("box-1", some_events(3), expected=NO_STREAM)
    await store.append("box-2", some_events(2), expected=NO_STREAM)
    second = await store.append("box-1", some_events(2), expected=first.version)

    assert (first.version, second.version) == (2, 4)
    assert versions(await the_stream(store, "box-1")) == [0, 1, 2, 3, 4]


async def test_minus_one_expects_no_stream(store: EventStore) -> None:
    await store.append("box-1", [an_event()], expected=-1)
    with pytest.raises(WrongExpectedVersion):
        await store.append("box-1", [an_event()], expected=-1)


async def test_no_stream_is_refused_when_there_is_one(store: EventStore) -> None:
    await store.append("box-1", some_events(2), expected=NO_STREAM)

    with pytest.raises(WrongExpectedVersion) as refusal:
        await store.append("box-1", [an_event()], expected=NO_STREAM)

    assert (refusal.value.stream, refusal.value.expected) == ("box-1", NO_STREAM)
    assert refusal.value.actual == 1


@pytest.mark.parametrize("expected", [0, 7, EXISTS])
async def test_a_stream_that_is_not_there_has_no_actual_version(
    store: EventStore, expected: int | StreamState
) -> None:
    with pytest.raises(WrongExpectedVersion) as refusal:
        await store.append("box-1", [an_event()], expected=expected)
    assert refusal.value.actual is None
    assert "load it again" in str(refusal.value)


@pytest.mark.parametrize("expected", [0, 1, 3])
async def test_only_the_last_version_is_accepted(store: EventStore, expected: int) -> None:
    await store.append("box-1", some_events(3), expected=NO_STREAM)
    with pytest.raises(WrongExpectedVersion) as refusal:
        await store.append("box-1", [an_event()], expected=expected)
    assert refusal.value.actual == 2
    assert versions(await the_stream(store, "box-1")) == [0, 1, 2]


async def test_exists_and_any_append_at_the_end(store: EventStore) -> None:
    await store.append("box-1", [an_event()], expected=ANY)
    await store.append("box-1", [an_event()], expected=EXISTS)
    result = await store.append("box-1", [an_event()], expected=ANY)
    assert result.version == 2


async def test_a_refused_append_of_several_events_stores_none(store: EventStore) -> None:
    await store.append("box-1", [an_event()], expected=NO_STREAM)
    with pytest.raises(WrongExpectedVersion):
        await store.append("box-1", some_events(3), expected=5)
    assert len(await everything(store)) == 1


async def test_a_million_bytes_are_accepted_and_one_more_is_not(store: EventStore) -> None:
    largest = NewEvent("Big", bytes(MAX_APPEND_BYTES - 5), b"{}", an_event().id)
    too_large = NewEvent("Big", bytes(MAX_APPEND_BYTES - 4), b"{}", an_event().id)

    await store.append("box-1", [largest], expected=NO_STREAM)
    with pytest.raises(AppendTooLarge, match="reference"):
        await store.append("box-1", [too_large], expected=0)

    assert versions(await the_stream(store, "box-1")) == [0]


async def test_the_limit_counts_all_events_of_an_append(store: EventStore) -> None:
    halves = [an_event(bytes(MAX_APPEND_BYTES // 2)), an_event(bytes(MAX_APPEND_BYTES // 2))]
    with pytest.raises(AppendTooLarge):
        await store.append("box-1", halves, expected=NO_STREAM)
    assert await everything(store) == []


@pytest.mark.parametrize("stream", ["", "$all"])
async def test_a_reserved_or_empty_name_is_refused(store: EventStore, stream: str) -> None:
    with pytest.raises(ValueError, match="<category>-<id>"):
        await store.append(stream, [an_event()], expected=ANY)


async def test_an_append_needs_events_with_ids_of_their_own(store: EventStore) -> None:
    event = an_event()
    for events in ([], [event, event]):
        with pytest.raises(ValueError, match="id of its own"):
            await store.append("box-1", events, expected=ANY)
    assert await everything(store) == []
