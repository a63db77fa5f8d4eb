"""What goes into an event store and what comes out of it, whichever product keeps it."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from uuid import UUID


class StreamState(Enum):
    """What an append may expect of a stream when it names no version."""

    NO_STREAM = "no stream"
    EXISTS = "exists"
    ANY = "any"


@dataclass(frozen=True, slots=True)
class NewEvent:
    """A fact that is not stored yet.

    `type` is a stable name in the past tense, `data` and `metadata` are encoded by the caller.
    Where a message triggers the append, `id` is derived from it, so that a retry is recognised.
    """

    type: str
    data: bytes
    metadata: bytes
    id: UUID


@dataclass(frozen=True, slots=True)
class RecordedEvent(NewEvent):
    """A stored fact.

    `version` counts from 0 without a gap inside `stream`. `position` only ever grows over the whole
    store, may have gaps, and means nothing in another store. `recorded_at` is aware UTC.
    """

    stream: str
    version: int
    position: int
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class AppendResult:
    """Where the last event of an append lies; `duplicate` when it lay there before the call."""

    version: int
    position: int
    duplicate: bool


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A filtered subscription has seen everything up to `position`; nothing more matched."""

    position: int


@dataclass(frozen=True, slots=True)
class CaughtUp:
    """History ends here, once in a subscription; what follows is live."""
