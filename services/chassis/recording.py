"""Between a message and a recorded event: how events lie in the store, and how they are read."""

import json
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.chassis.event_store.port import NewEvent, RecordedEvent
from trellis_contracts import codec
from trellis_contracts.message import Envelope, Message, Recorded
from trellis_contracts.names import ActorId, derived_id


@dataclass(frozen=True, kw_only=True)
class Cause:
    """Who made an event, for what: `causation_id` is the id of the message that was answered."""

    actor: ActorId
    correlation_id: UUID
    causation_id: UUID


def to_new_event(event: Message, *, cause: Cause, index: int, now: datetime) -> NewEvent:
    """Give the event as it is appended; the same cause and index always give the same id."""
    metadata = {
        "$correlationId": str(cause.correlation_id),
        "$causationId": str(cause.causation_id),
        "actor": cause.actor,
        "schema_version": event.schema_version,
        "occurred_at": now.isoformat(),
    }
    name = type(event).__name__
    return NewEvent(
        type=name,
        data=codec.encode(event),
        metadata=json.dumps(metadata, sort_keys=True).encode(),
        id=derived_id(cause.causation_id, name, index),
    )


def to_recorded(event: RecordedEvent, *, previous: int | None) -> Recorded:
    """Read a stored event; `previous` is the position of the one before it in the store.

    Raises:
        UnreadableMessage: it is of a type or version that this Trellis does not know.
    """
    metadata = json.loads(event.metadata)
    envelope = Envelope(
        id=event.id,
        type=event.type,
        version=metadata["schema_version"],
        stream=event.stream,
        stream_version=event.version,
        position=event.position,
        previous=previous,
        occurred_at=metadata["occurred_at"],
        actor=metadata["actor"],
        correlation_id=metadata["$correlationId"],
        causation_id=metadata["$causationId"],
        sha256=codec.digest(event.data),
    )
    return Recorded(envelope=envelope, event=codec.decode(event.type, envelope.version, event.data))
