"""An event as a row of SQLite and back, under a checksum that covers every column."""

import hashlib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from services.chassis.event_store.errors import CorruptEvent
from services.chassis.event_store.events import NewEvent, RecordedEvent

COLUMNS = "position, stream, version, id, type, data, metadata, recorded_at, sha256"
INSERT = f"INSERT INTO events ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608 - a constant

Row = tuple[int, bytes, int, bytes, bytes, bytes, bytes, int, bytes]
"""The columns as a reading connection returns them."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def row_of(
    event: NewEvent, *, stream: str, version: int, position: int, recorded_at: int
) -> tuple[int, str, int, bytes, str, bytes, bytes, int, bytes]:
    """Return the values to insert; `recorded_at` in microseconds since 1970, UTC."""
    digest = _checksum(
        (position, version, recorded_at),
        (stream.encode(), event.id.bytes, event.type.encode(), event.data, event.metadata),
    )
    return (
        *(position, stream, version, event.id.bytes, event.type),
        *(event.data, event.metadata, recorded_at, digest),
    )


def event_of(row: Row, *, store: Path) -> RecordedEvent:
    """Return the event that was appended.

    Raises:
        CorruptEvent: a byte of it is not what was appended.
    """
    position, stream, version, event_id, kind, data, metadata, recorded_at, digest = row
    stored = _checksum((position, version, recorded_at), (stream, event_id, kind, data, metadata))
    if stored != digest:
        raise CorruptEvent(store, stream.decode(errors="replace"), version)
    return RecordedEvent(
        type=kind.decode(),
        data=data,
        metadata=metadata,
        id=UUID(bytes=event_id),
        stream=stream.decode(),
        version=version,
        position=position,
        recorded_at=_EPOCH + timedelta(microseconds=recorded_at),
    )


def _checksum(numbers: tuple[int, int, int], fields: tuple[bytes, ...]) -> bytes:
    lengths = " ".join(map(str, (*numbers, *map(len, fields))))
    return hashlib.sha256(b"\n".join((lengths.encode(), *fields))).digest()
