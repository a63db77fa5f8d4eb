"""Bytes, headers and subjects: what a subscriber in another system relies on."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from tests.support.golden import path_of
from trellis_contracts import codec, subjects
from trellis_contracts.asking import Asked
from trellis_contracts.deployments import DeployStarted
from trellis_contracts.message import Envelope, Message
from trellis_contracts.names import derived_id, new_id
from trellis_contracts.pushes import PushReceived
from trellis_contracts.runs import Heartbeat


def _golden(name: str) -> Message:
    return codec.decode(name, 1, path_of(name, 1).read_bytes())


def _envelope(body: bytes, *, actor: str = "person:ana") -> Envelope:
    return Envelope(
        id=derived_id("an event"),
        type="DeployStarted",
        version=1,
        stream="environment-1",
        stream_version=4,
        position=17,
        previous=12,
        occurred_at=datetime(2026, 11, 25, 12, 0, 0, 123456, tzinfo=UTC),
        actor=actor,
        correlation_id=derived_id("a deployment"),
        causation_id=derived_id("a command"),
        sha256=codec.digest(body),
    )


def test_the_same_message_always_has_the_same_bytes() -> None:
    message = _golden("PushReceived")
    again = codec.decode("PushReceived", 1, codec.encode(message))

    assert codec.encode(again) == codec.encode(message)
    assert b" " not in codec.encode(_golden("Heartbeat"))


def test_an_unknown_type_says_what_to_do() -> None:
    with pytest.raises(codec.UnknownMessage, match="update trellis-contracts"):
        codec.decode("DeployTeleported", 1, b"{}")


def test_an_unknown_version_lists_those_that_are_known() -> None:
    with pytest.raises(codec.UnknownVersion, match="versions 1 to 1, not 2"):
        codec.decode("Heartbeat", 2, b"{}")


@pytest.mark.parametrize("body", [b"", b"[", b"[]", b"null", b"{}", b"\xff", b"[" * 100_000])
def test_bytes_that_are_no_message_are_malformed(body: bytes) -> None:
    with pytest.raises(codec.MalformedMessage, match="not a Heartbeat"):
        codec.read(Heartbeat, body)


@pytest.mark.parametrize("previous", [None, 12])
def test_an_event_survives_its_journey_in_headers(previous: int | None) -> None:
    event = _golden("DeployStarted")
    body = codec.encode(event)
    envelope = _envelope(body).model_copy(update={"previous": previous})

    headers = codec.headers(envelope, source="/trellis/1")
    received = codec.from_headers(headers, body)

    assert received.envelope == envelope
    assert received.event == event


def test_headers_are_those_of_cloudevents() -> None:
    headers = codec.headers(_envelope(b"{}"), source="/trellis/1")

    assert headers["ce-specversion"] == "1.0"
    assert headers["ce-id"] == headers["Nats-Msg-Id"]
    assert headers["ce-type"] == "DeployStarted"
    assert headers["ce-time"] == "2026-11-25T12:00:00.123456Z"
    assert all(value.isascii() and value.isprintable() for value in headers.values())


def test_headers_that_are_not_an_events_are_malformed() -> None:
    with pytest.raises(codec.MalformedMessage, match="Envelope"):
        codec.from_headers({"ce-id": "1"}, b"{}")


def test_a_subscriber_picks_an_environment_or_a_kind_by_subject() -> None:
    event = _golden("DeployStarted")
    assert isinstance(event, DeployStarted)

    assert subjects.event(event) == (
        f"trellis.event.{event.application_id}.{event.environment_id}.DeployStarted"
    )
    assert subjects.event(_golden("PushReceived")) == "trellis.event._._.PushReceived"
    assert subjects.environment_events(event.application_id, event.environment_id) == (
        f"trellis.event.{event.application_id}.{event.environment_id}.>"
    )


def test_no_subject_or_stream_of_a_message_holds_a_wildcard_or_a_space() -> None:
    for name in codec.registry():
        subject = subjects.event(_golden(name))
        assert not set(subject) & set(" *>\t"), name


def test_ids_are_made_in_the_order_of_time_and_are_version_7() -> None:
    made = [new_id() for _ in range(100)]

    assert all(id_.version == 7 for id_ in made)
    assert [id_.int >> 80 for id_ in made] == sorted(id_.int >> 80 for id_ in made)
    assert len(set(made)) == 100


def test_a_derived_id_follows_from_its_parts_alone() -> None:
    assert derived_id("a", "bc") == derived_id("a", "bc") != derived_id("ab", "c")
    assert isinstance(derived_id(1), UUID)


def test_a_command_travels_inside_what_was_asked() -> None:
    push = _golden("PushReceived")
    asked = Asked(
        id=new_id(), actor="forge:ana", type="PushReceived", body=codec.encode(push).decode()
    )
    received = codec.read(Asked, codec.encode(asked))

    assert codec.read(PushReceived, received.body) == push
