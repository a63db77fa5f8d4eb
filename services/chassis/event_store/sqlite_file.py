"""The event store's SQLite file: how it is made and connected to, what its errors mean.

Durability rests on three settings, read back after they are set: WAL, `synchronous=FULL` and no
automatic checkpoint. SQLite 3.7.0 to 3.51.2 can damage a WAL when a checkpoint meets another
connection's commit, so only the process that holds the writer lock commits and checkpoints.
"""

import os
import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from services.chassis.event_store.errors import CorruptStore, EventStoreError, StoreUnavailable
from services.chassis.event_store.sqlite_schema import APPLICATION_ID, SCHEMA_VERSION, TABLES

BUSY_SECONDS: Final = 5.0

_DAMAGE = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CONSTRAINT)


def create(path: Path) -> None:
    """Make an empty store with an id of its own; it appears at `path` whole or not at all.

    Raises:
        CorruptStore: a WAL lies there without its file.
    """
    if path.with_name(path.name + "-wal").exists():
        raise CorruptStore(path, "the file is gone, its -wal is still there")
    unfinished = path.with_name(path.name + ".new")
    for rest in ("", "-wal", "-shm", "-journal"):
        unfinished.with_name(unfinished.name + rest).unlink(missing_ok=True)
    with closing(sqlite3.connect(unfinished, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = wal")
        connection.executescript(TABLES)
        connection.execute("INSERT INTO store VALUES (?)", (uuid.uuid4().bytes,))
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    unfinished.chmod(0o600)
    unfinished.rename(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def connect_for_writing(path: Path) -> sqlite3.Connection:
    """Connect to an existing store under the writer lock, with durability asserted.

    Raises:
        CorruptStore: the file is something else, or refuses a setting.
    """
    connection = _connect(path, mode="rw")
    connection.execute("PRAGMA fullfsync = ON")  # macOS: a plain fsync stops at the drive's cache
    connection.execute("PRAGMA checkpoint_fullfsync = ON")
    for setting, wanted in (("journal_mode", "wal"), ("synchronous", 2), ("wal_autocheckpoint", 0)):
        connection.execute(f"PRAGMA {setting} = {wanted}")
        (found,) = connection.execute(f"PRAGMA {setting}").fetchone()
        if found != wanted:
            connection.close()
            raise CorruptStore(path, f"{setting} stays {found}, {wanted} is needed for durability")
    return connection


def connect_for_reading(path: Path) -> sqlite3.Connection:
    """Connect to an existing store beside its living or dead writer; text comes as bytes.

    Such a connection neither commits nor checkpoints, whatever it is asked.

    Raises:
        StoreUnavailable: there is no file.
        CorruptStore: the file is something else.
    """
    if not path.exists():
        raise StoreUnavailable(path, "there is no such file; the orchestrator makes it: start it.")
    connection = _connect(path, mode="ro")
    connection.text_factory = bytes  # damaged text must reach the checksum, not fail to decode
    return connection


def _connect(path: Path, *, mode: str) -> sqlite3.Connection:
    with sqlite_errors_named(path):
        connection = sqlite3.connect(
            f"{path.as_uri()}?mode={mode}",
            uri=True,
            isolation_level=None,
            timeout=BUSY_SECONDS,
            check_same_thread=False,  # one thread uses it, another may close it
        )
        try:
            _check_identity(connection, path)
        except (sqlite3.Error, CorruptStore):
            connection.close()
            raise
    return connection


def _check_identity(connection: sqlite3.Connection, path: Path) -> None:
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if application != APPLICATION_ID:
        raise CorruptStore(path, "it is not an event store")
    if version != SCHEMA_VERSION:
        raise CorruptStore(path, f"it has schema {version}, this release reads {SCHEMA_VERSION}")


@contextmanager
def sqlite_errors_named(path: Path) -> Iterator[None]:
    """Turn what SQLite raises into the port's errors, with the file's name."""
    try:
        yield
    except sqlite3.Error as error:
        raise named(error, path) from error


def named(error: sqlite3.Error, path: Path) -> EventStoreError:
    """Return the port's error for SQLite's: damage cannot be retried, anything else can.

    A broken constraint is damage too: it was asked for before, and an index contradicts the table.
    """
    if primary_code(error) in _DAMAGE:
        return CorruptStore(path, str(error))
    return StoreUnavailable(path, f"{error}.")


def primary_code(error: sqlite3.Error) -> int:
    """Return SQLite's result code without its extension (sqlite.org/rescode.html); 0 if none."""
    code: int = getattr(error, "sqlite_errorcode", 0)
    return code & 0xFF
