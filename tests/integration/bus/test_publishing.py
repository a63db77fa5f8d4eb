import asyncio
import os
import signal

import pytest
from nats.js.errors import APIError

from services.chassis.bus.errors import (
    BusUnavailable,
    MessageTooLarge,
    PublishRefused,
    SequenceConflict,
)
from services.chassis.bus.sending import Bus
from services.chassis.bus_server import BusServer
from services.chassis.streams import INBOX
from trellis_contracts import subjects


async def test_a_published_message_is_kept_and_numbered(bus: Bus) -> None:
    await bus.connect()
    first = await bus.publish(subjects.INBOX, b"one")
    second = await bus.publish(subjects.INBOX, b"two", headers={"ce-type": "PushReceived"})
    kept = await bus.jetstream.get_msg("INBOX", second)
    assert (first, second, kept.data, kept.headers) == (1, 2, b"two", {"ce-type": "PushReceived"})


async def test_the_same_message_id_is_kept_once(bus: Bus) -> None:
    await bus.connect()
    first = await bus.publish(subjects.INBOX, b"push", message_id="delivery-1")
    again = await bus.publish(subjects.INBOX, b"push", message_id="delivery-1")
    assert first == again
    assert (await bus.jetstream.stream_info("INBOX")).state.messages == 1


async def test_a_publisher_that_was_overtaken_is_told(bus: Bus) -> None:
    await bus.connect()
    await bus.publish("trellis.event._._.A", b"1", expected_last_sequence=0)
    with pytest.raises(SequenceConflict, match="does not end at 0"):
        await bus.publish("trellis.event._._.B", b"2", expected_last_sequence=0)


@pytest.mark.parametrize("spare", [-100, 0, 10])
async def test_a_message_that_would_close_the_connection_is_refused(bus: Bus, spare: int) -> None:
    """Trap 3: nats-py measures the body alone, the server headers and body."""
    await bus.connect()
    body = b"x" * (bus.client.max_payload + spare)
    with pytest.raises(MessageTooLarge, match="was not sent"):
        await bus.publish(subjects.INBOX, body, message_id="m" * 101)
    assert await bus.publish(subjects.INBOX, b"small") == 1
    assert bus.client.is_connected


async def test_the_largest_message_passes(bus: Bus) -> None:
    """The check is exact: what the server takes is not refused."""
    await bus.connect()
    headers = len("NATS/1.0\r\nNats-Msg-Id: m\r\n\r\n")
    body = b"x" * (bus.client.max_payload - headers)
    assert await bus.publish(subjects.INBOX, body, message_id="m") == 1
    with pytest.raises(MessageTooLarge):
        await bus.publish(subjects.INBOX, body + b"x", message_id="n")


async def test_a_silent_server_is_not_waited_for(bus: Bus, server: BusServer) -> None:
    """Trap 5: an acknowledgement that never comes ends the wait."""
    await bus.connect()
    assert server.pid is not None
    os.kill(server.pid, signal.SIGSTOP)
    try:
        async with asyncio.timeout(2):
            with pytest.raises(BusUnavailable, match="no answer in time"):
                await bus.publish(subjects.INBOX, b"push", message_id="d1", timeout_seconds=0.3)
    finally:
        os.kill(server.pid, signal.SIGCONT)
    await bus.publish(subjects.INBOX, b"push", message_id="d1")
    assert (await bus.jetstream.stream_info("INBOX")).state.messages == 1


async def test_a_subject_that_no_stream_keeps_is_unavailable(bus: Bus) -> None:
    await bus.connect()
    with pytest.raises(BusUnavailable, match="nobody listens"):
        await bus.publish("trellis.view.board.1", b"")


async def test_a_full_inbox_refuses_and_loses_nothing(bus: Bus) -> None:
    await bus.connect()
    await bus.jetstream.update_stream(INBOX.evolve(max_bytes=1000))
    await bus.publish(subjects.INBOX, b"x" * 500)
    with pytest.raises(PublishRefused, match="maximum bytes exceeded"):
        await bus.publish(subjects.INBOX, b"x" * 500)
    assert (await bus.jetstream.stream_info("INBOX")).state.messages == 1


async def test_events_cannot_be_deleted_one_by_one(bus: Bus) -> None:
    await bus.connect()
    await bus.publish("trellis.event._._.A", b"1")
    with pytest.raises(APIError):
        await bus.jetstream.delete_msg("EVENTS", 1)
