"""The file that views lie in: one SQLite database that may be deleted at any time.

ViewsUnavailable    it cannot be read or written now
ViewsBeingBuilt     there is nothing whole to read yet
UnsupportedViews    the URL names a place that this release cannot keep views in
"""

import sqlite3
from pathlib import Path
from urllib.parse import unquote, urlsplit

from services.chassis.logging import get_logger
from services.chassis.unavailable import Unavailable

_SCHEMA_VERSION = 1
_SCHEMA = """
CREATE TABLE generations (
  generation INTEGER PRIMARY KEY,
  projections INTEGER NOT NULL,
  store TEXT NOT NULL,
  position INTEGER,
  complete INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE documents (
  generation INTEGER NOT NULL,
  view TEXT NOT NULL,
  key TEXT NOT NULL,
  application TEXT,
  shelf TEXT NOT NULL,
  rank INTEGER NOT NULL,
  position INTEGER NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (generation, view, key)
) STRICT;
CREATE INDEX listed ON documents (generation, view, shelf, rank);
CREATE INDEX changed ON documents (generation, position) WHERE application IS NOT NULL;
"""
_PATIENCE_SECONDS = 5.0


class ViewsUnavailable(Unavailable):
    """The views cannot be read or written now: the disk is full, or another process has them."""

    def __init__(self, reason: str) -> None:
        """Takes what SQLite said."""
        self.reason = reason
        super().__init__(f"The views cannot be used: {reason}. See that the disk has space.")


class ViewsBeingBuilt(Unavailable):
    """The views do not hold the whole history yet, and there are no older ones to read instead."""

    def __init__(self) -> None:
        """Takes nothing: how far they are is said by who builds them."""
        super().__init__("The views are being built.")


class UnsupportedViews(Exception):
    """The URL's scheme cannot be opened; the URL is not repeated, it may hold a password."""

    def __init__(self, scheme: str) -> None:
        """Takes the scheme."""
        self.scheme = scheme
        super().__init__(
            f"Views cannot be kept at '{scheme}:' yet: set TRELLIS_VIEWS to sqlite:///<file>."
        )


def file_of(url: str) -> Path:
    """Give the file that a `sqlite:` URL with an absolute path names.

    Raises:
        UnsupportedViews: any other URL.
    """
    parts = urlsplit(url)
    if parts.scheme != "sqlite" or parts.netloc:
        raise UnsupportedViews(parts.scheme)
    return Path("/" + unquote(parts.path).lstrip("/"))


def open_file(path: Path) -> sqlite3.Connection:
    """Open the file for writing, empty if it is not there, of another release or damaged.

    Raises:
        ViewsUnavailable: it cannot be opened or made.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        return _prepared(path)
    except sqlite3.OperationalError as error:
        raise ViewsUnavailable(str(error)) from error
    except sqlite3.DatabaseError as damage:
        get_logger().warning("views damaged; built anew", file=str(path), reason=str(damage))
        remove_file(path)
        return _prepared(path)


def remove_file(path: Path) -> None:
    """Remove the file and what SQLite keeps beside it: everything in it follows from history."""
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def connect(path: Path) -> sqlite3.Connection:
    """Connect to the file, for any thread that takes turns; transactions are begun by hand."""
    connection = sqlite3.connect(
        path, timeout=_PATIENCE_SECONDS, isolation_level=None, check_same_thread=False
    )
    connection.execute("PRAGMA synchronous = NORMAL")
    return connection


def _prepared(path: Path) -> sqlite3.Connection:
    connection = connect(path)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        (found,) = connection.execute("PRAGMA user_version").fetchone()
        if found != _SCHEMA_VERSION:
            connection = _made_anew(connection, path, found=found)
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _made_anew(connection: sqlite3.Connection, path: Path, *, found: int) -> sqlite3.Connection:
    if found:
        connection.close()
        remove_file(path)
        connection = connect(path)
        connection.execute("PRAGMA journal_mode = WAL")
    connection.executescript(
        f"BEGIN IMMEDIATE; {_SCHEMA} PRAGMA user_version = {_SCHEMA_VERSION}; COMMIT;"
    )
    return connection
