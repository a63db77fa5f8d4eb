"""A disk that fails under the event store of this process."""

import sqlite3

from services.chassis.event_store.port import EventStore
from services.chassis.event_store.sqlite import SqliteEventStore


class FailingOnce:
    """A connection whose next commit fails as if the disk had."""

    def __init__(self, connection: sqlite3.Connection, code: int) -> None:
        self._connection = connection
        self._error: sqlite3.OperationalError | None = sqlite3.OperationalError("planted")
        self._error.sqlite_errorcode = code

    def execute(self, sql: str, parameters: tuple[object, ...] = ()) -> sqlite3.Cursor:
        if sql == "COMMIT" and (error := self._error):
            self._error = None
            raise error
        return self._connection.execute(sql, parameters)

    def rollback(self) -> None:
        self._connection.rollback()

    def close(self) -> None:
        self._connection.close()


def fail_once(store: EventStore, code: int) -> None:
    """Have the next commit fail with this code of SQLite."""
    assert isinstance(store, SqliteEventStore)
    assert store._writer
    failing = FailingOnce(store._writer._connection, code)
    store._writer._connection = failing  # type: ignore[assignment]  # a disk that fails
