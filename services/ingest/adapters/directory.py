"""The directory: who may come in, and which hook speaks of which repository. Never an event.

It is the one mutable truth of Trellis. One process at a time has it open: ingest, or a command
line while ingest is down.

DirectoryInUse
DirectoryUnusable
DirectoryUnavailable
"""

import asyncio
import fcntl
import os
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar
from urllib.parse import unquote, urlsplit

from services.chassis.unavailable import Unavailable

Found = TypeVar("Found")

_SCHEMA_VERSION = 2
_TABLES = """
CREATE TABLE IF NOT EXISTS tokens (
  id TEXT PRIMARY KEY,
  hash BLOB NOT NULL UNIQUE,
  prefix TEXT NOT NULL,
  name TEXT NOT NULL,
  actor TEXT NOT NULL,
  role TEXT NOT NULL,
  created_at TEXT NOT NULL,
  used_at TEXT,
  revoked_at TEXT,
  only_at TEXT NOT NULL DEFAULT '[]'
) STRICT;
CREATE UNIQUE INDEX IF NOT EXISTS living_token ON tokens (name) WHERE revoked_at IS NULL;
CREATE TABLE IF NOT EXISTS sessions (
  hash BLOB PRIMARY KEY,
  token_id TEXT NOT NULL REFERENCES tokens (id),
  created_at TEXT NOT NULL,
  used_at TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS hooks (
  id TEXT PRIMARY KEY,
  application_id TEXT NOT NULL UNIQUE,
  repository TEXT NOT NULL,
  sealed_secret BLOB NOT NULL,
  made_by TEXT NOT NULL,
  made_at TEXT NOT NULL
) STRICT;
"""


class DirectoryInUse(Exception):
    """Another process has the directory open."""

    def __init__(self, file: Path) -> None:
        """Takes the directory's file."""
        super().__init__(
            f"{file} is open in another process: while Trellis runs, ask it (`trellis token …`); "
            "to change the directory by hand, stop it first."
        )


class DirectoryUnusable(Exception):
    """The URL names no directory that this release can keep."""

    def __init__(self, reason: str) -> None:
        """Takes what was found."""
        super().__init__(
            f"The directory cannot be used: {reason}. Set TRELLIS_DIRECTORY to "
            "sqlite:///absolute/path/directory.sqlite, or bring the file back from your backup."
        )


class DirectoryUnavailable(Unavailable):
    """The directory does not answer now."""

    def __init__(self, file: Path, reason: str) -> None:
        """Takes the file and what SQLite said."""
        super().__init__(f"{file} did not answer ({reason}): see that its disk has room.")


class Directory:
    """A SQLite file: WAL, `synchronous=FULL`, so that what was answered survives a power cut."""

    def __init__(self, url: str) -> None:
        """Takes `sqlite:///absolute/path`; touches nothing yet."""
        parts = urlsplit(url)
        if parts.scheme != "sqlite" or parts.netloc or not parts.path.startswith("/"):
            raise DirectoryUnusable(f"TRELLIS_DIRECTORY says {parts.scheme or 'no scheme'}")
        self.file = Path("/" + unquote(parts.path).lstrip("/"))
        self._one_at_a_time = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._lock: int | None = None

    async def open(self) -> None:
        """Open the file, made if need be, for this process alone.

        Raises:
            DirectoryInUse: another process has it.
            DirectoryUnusable: it is something else, or from a newer release.
        """
        await asyncio.to_thread(self._open)

    async def close(self) -> None:
        """Let go of the file; idempotent."""
        await asyncio.to_thread(self._close)

    async def ask(self, question: Callable[[sqlite3.Connection], Found]) -> Found:
        """Give what a question finds, asked in one transaction, durable when this returns.

        Raises:
            DirectoryUnavailable: the file is closed, locked or its disk is full.
            sqlite3.IntegrityError: the question broke a rule of the tables; nothing was changed.
        """
        return await asyncio.to_thread(self._ask, question)

    async def well(self) -> None:
        """The health check. Raises as `ask`."""
        await self.ask(lambda connection: connection.execute("SELECT 1 FROM tokens").fetchone())

    def _ask(self, question: Callable[[sqlite3.Connection], Found]) -> Found:
        with self._one_at_a_time:
            if self._connection is None:
                raise DirectoryUnavailable(self.file, "it is not open")
            try:
                with self._connection:
                    return question(self._connection)
            except sqlite3.IntegrityError:
                raise
            except sqlite3.Error as error:
                raise DirectoryUnavailable(self.file, str(error)) from error

    def _open(self) -> None:
        self.file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._lock = _locked(self.file)
        try:
            self._connection = _connected(self.file)
        except sqlite3.Error as error:
            self._close()
            raise DirectoryUnusable(f"{self.file}: {error}") from error
        except DirectoryUnusable:
            self._close()
            raise

    def _close(self) -> None:
        with self._one_at_a_time:
            if self._connection is not None:
                self._connection.close()
            if self._lock is not None:
                os.close(self._lock)
            self._connection = self._lock = None


def _locked(file: Path) -> int:
    lock = os.open(file.with_name(file.name + ".lock"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        raise DirectoryInUse(file) from None
    return lock


def _connected(file: Path) -> sqlite3.Connection:
    os.close(os.open(file, os.O_RDWR | os.O_CREAT, 0o600))
    connection = sqlite3.connect(file, timeout=5, check_same_thread=False)
    connection.row_factory = sqlite3.Row
    try:
        _prepare(connection)
    except (sqlite3.Error, DirectoryUnusable):
        connection.close()
        raise
    return connection


def _prepare(connection: sqlite3.Connection) -> None:
    for setting, wanted in (("journal_mode", "wal"), ("synchronous", 2)):
        connection.execute(f"PRAGMA {setting} = {wanted}")
        (found,) = connection.execute(f"PRAGMA {setting}").fetchone()
        if found != wanted:
            raise DirectoryUnusable(f"{setting} stays {found}, {wanted} is needed")
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version > _SCHEMA_VERSION:
        raise DirectoryUnusable(f"its schema is {version}, this release knows {_SCHEMA_VERSION}")
    if version == 1:
        connection.execute("ALTER TABLE tokens ADD COLUMN only_at TEXT NOT NULL DEFAULT '[]'")
    connection.executescript(_TABLES)
    connection.execute(f"PRAGMA user_version = {_SCHEMA_VERSION}")
