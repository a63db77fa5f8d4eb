"""The tables of an embedded event store: an append-only one, and the identity of the whole.

The triggers hold for any program that opens the file: nothing is changed, deleted or replaced, and
the versions of a stream stay dense.
"""

from typing import Final

APPLICATION_ID: Final = 0x54524C53
"""The letters TRLS, at byte 68 of the file."""

SCHEMA_VERSION: Final = 1

TABLES: Final = """
CREATE TABLE events (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    stream TEXT NOT NULL,
    version INTEGER NOT NULL,
    id BLOB NOT NULL,
    type TEXT NOT NULL,
    data BLOB NOT NULL,
    metadata BLOB NOT NULL,
    recorded_at INTEGER NOT NULL,  -- microseconds since 1970, UTC
    sha256 BLOB NOT NULL,
    UNIQUE (stream, version),
    UNIQUE (stream, id)
) STRICT;
CREATE TABLE store (id BLOB NOT NULL PRIMARY KEY) STRICT;
CREATE TRIGGER events_are_never_changed BEFORE UPDATE ON events
BEGIN SELECT raise(ABORT, 'events are never changed'); END;
CREATE TRIGGER events_are_never_deleted BEFORE DELETE ON events
BEGIN SELECT raise(ABORT, 'events are never deleted'); END;
CREATE TRIGGER events_are_only_added_at_the_end BEFORE INSERT ON events
WHEN NEW.position <= (SELECT coalesce(max(position), 0) FROM events)
  OR NEW.version <> (SELECT coalesce(max(version), -1) + 1 FROM events WHERE stream = NEW.stream)
  OR EXISTS (SELECT 1 FROM events WHERE stream = NEW.stream AND id = NEW.id)
BEGIN SELECT raise(ABORT, 'events are only added at the end'); END;
CREATE TRIGGER the_store_keeps_its_id BEFORE UPDATE ON store
BEGIN SELECT raise(ABORT, 'the store keeps its id'); END;
CREATE TRIGGER the_store_is_never_forgotten BEFORE DELETE ON store
BEGIN SELECT raise(ABORT, 'the store keeps its id'); END;
"""
