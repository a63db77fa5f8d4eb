"""Bytes to message and back: canonical bytes, versions, upcasts, CloudEvents headers.

UnreadableMessage
├── UnknownMessage     no message of that type
├── UnknownVersion     a newer one than this reader knows
└── MalformedMessage   not what that type and version say
"""

import hashlib
import json
from collections.abc import Mapping
from functools import cache
from typing import Any, TypeVar, cast, get_args
from urllib.parse import quote, unquote
from uuid import UUID

from pydantic import ValidationError

from trellis_contracts import (
    applications,
    asking,
    deployments,
    health,
    logs,
    previewing,
    pushes,
    retired,
    runs,
)
from trellis_contracts.asking import Asked
from trellis_contracts.message import Envelope, Message, Recorded
from trellis_contracts.names import ActorId

M = TypeVar("M", bound=Message)


class UnreadableMessage(ValueError):
    """A message cannot be read."""


class UnknownMessage(UnreadableMessage):
    """No message has this type here: it comes from a newer Trellis, or is not ours."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(f"no message is called {name!r} here: update trellis-contracts")


class UnknownVersion(UnreadableMessage):
    """A message of this type is known, but not in this version."""

    def __init__(self, name: str, version: int, known: int) -> None:
        self.name, self.version, self.known = name, version, known
        super().__init__(
            f"{name} is known here in versions 1 to {known}, not {version}: "
            "update trellis-contracts"
        )


class MalformedMessage(UnreadableMessage):
    """The bytes are not a message of the type and version that they claim."""

    def __init__(self, name: str, cause: str) -> None:
        self.name = name
        super().__init__(f"this is not a {name}: {cause}")


@cache
def registry() -> Mapping[str, type[Message]]:
    """Map every message's type to its class, derived from the unions."""
    unions = (
        applications.ApplicationEvent, applications.ApplicationCommand,
        deployments.EnvironmentEvent, deployments.EnvironmentCommand,
        previewing.PreviewCommand, previewing.PreviewEvent, pushes.DeliveryEvent, runs.Fact,
        runs.Work,
    )  # fmt: skip
    alone = (
        deployments.RecordCloudReset, runs.Heartbeat, runs.HeartbeatAnswer, logs.LogLine,
        logs.LogChunk, asking.Asked, asking.Accepted, asking.Refused, health.ServiceHealth,
        health.BuilderView,
    )  # fmt: skip
    classes = (*(member for union in unions for member in get_args(union)), *alone)
    return {cls.__name__: cls for cls in classes}


def encode(message: Message) -> bytes:
    """Give a message's canonical bytes: JSON, keys sorted, no white space, UTF-8."""
    body = message.model_dump(mode="json")
    return json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def asked(message: Message, *, id_: UUID, actor: ActorId) -> Asked:
    """Put a command or a fact as it travels. The same id gets the same answer again."""
    return Asked(
        id=id_,
        actor=actor,
        type=type(message).__name__,
        version=message.schema_version,
        body=encode(message).decode(),
    )


def digest(body: bytes) -> str:
    """Give the sha256 of canonical bytes, in hex."""
    return hashlib.sha256(body).hexdigest()


def decode(name: str, version: int, body: bytes | str) -> Message:
    """Read a message of any version, as its newest shape; unknown fields are ignored.

    Raises:
        UnknownMessage, UnknownVersion, MalformedMessage: each says what to do.
    """
    cls = registry().get(name)
    if cls is None:
        raise UnknownMessage(name)
    if not 1 <= version <= cls.schema_version:
        raise UnknownVersion(name, version, cls.schema_version)
    try:
        fields = json.loads(body)
        for old in range(version, cls.schema_version):
            fields = retired.UPCASTS[name, old](fields)
        return cls.model_validate_json(json.dumps(fields), extra="ignore")
    except (ValidationError, ValueError, RecursionError) as error:
        raise MalformedMessage(name, str(error)) from error


def read(cls: type[M], body: bytes | str) -> M:
    """Read a message of a known type in its newest version; unknown fields are ignored.

    Raises:
        MalformedMessage: the bytes are not such a message.
    """
    return cast("M", decode(cls.__name__, cls.schema_version, body))


_ATTRIBUTES = {
    "id": "ce-id", "type": "ce-type", "version": "ce-schemaversion", "stream": "ce-subject",
    "stream_version": "ce-streamversion", "position": "ce-position", "previous": "ce-previous",
    "occurred_at": "ce-time", "actor": "ce-actor", "correlation_id": "ce-correlationid",
    "causation_id": "ce-causationid", "sha256": "ce-sha256",
}  # fmt: skip


def headers(envelope: Envelope, *, source: str) -> dict[str, str]:
    """Give the CloudEvents 1.0 headers of an event (NATS binding, binary mode).

    `source` says which installation it comes from, e.g. `/trellis/<store id>`.
    """
    fields: dict[str, Any] = envelope.model_dump(mode="json", exclude_none=True)
    named = {
        _ATTRIBUTES[field]: quote(str(value), safe=" -:./+@_") for field, value in fields.items()
    }
    return {
        "ce-specversion": "1.0",
        "ce-source": source,
        "ce-datacontenttype": "application/json",
        "Nats-Msg-Id": str(envelope.id),
        **named,
    }


def from_headers(received: Mapping[str, str], body: bytes) -> Recorded:
    """Read a published event back.

    Raises:
        UnreadableMessage: headers or body are not an event's.
    """
    try:
        fields = {
            field: unquote(received[header])
            for field, header in _ATTRIBUTES.items()
            if header in received
        }
        envelope = Envelope.model_validate({"previous": None, **fields})
    except ValidationError as error:
        raise MalformedMessage("Envelope", str(error)) from error
    return Recorded(envelope=envelope, event=decode(envelope.type, envelope.version, body))
