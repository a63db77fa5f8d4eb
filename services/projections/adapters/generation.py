"""How views are written: events folded and the checkpoint moved in one transaction.

A *generation* is one whole set of views, built by one version of `project` from one store. A new
version builds the next generation beside the one that is read, which takes its place when it has
caught up. Views of another store are dropped at once.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import cast
from uuid import UUID

from services.chassis.failpoints import passed
from services.chassis.logging import get_logger
from services.projections.adapters.views_file import ViewsUnavailable, open_file, remove_file
from services.projections.domain.documents import NAMES, VERSION, Document, M, fold
from trellis_contracts.message import Message, Recorded
from trellis_contracts.views import ViewChanged

_REMEMBERED = 1024
_UPSERT = """
INSERT INTO documents (generation, view, key, application, shelf, rank, position, body)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (generation, view, key) DO UPDATE SET
  application = excluded.application, shelf = excluded.shelf, rank = excluded.rank,
  position = excluded.position, body = excluded.body
"""

Key = tuple[str, str]


class Generation:
    """The set of views that is being written; one process writes one file."""

    def __init__(self, path: Path, *, version: int = VERSION) -> None:
        """Takes the file, which is made if need be, and the version of `project`."""
        self._path = path
        self._connection = open_file(path)
        self._version = version
        self._turn = Lock()
        self._generation = 0
        self._position: int | None = None
        self._documents: dict[Key, Message | None] = {}
        self._changed: dict[Key, tuple[Document, int]] = {}

    def resume(self, store: UUID) -> int | None:
        """Give the position that the views of this store have; None when they begin.

        Raises:
            ViewsUnavailable: the file cannot be used now.
        """
        with self._transaction():
            self._execute("DELETE FROM generations WHERE store <> ?", str(store))
            self._drop_documents_without_generation()
            begun = self._execute(
                "SELECT generation, position FROM generations WHERE projections = ?"
                " ORDER BY generation DESC LIMIT 1",
                self._version,
            ).fetchone()
            self._generation, self._position = begun or (self._begin(store), None)
        return self._position

    def start_over(self, store: UUID) -> None:
        """Forget everything: the store is an older copy than the views have seen."""
        with self._transaction():
            self._execute("DELETE FROM generations")
            self._drop_documents_without_generation()
            self._generation, self._position = self._begin(store), None

    def apply(self, events: Sequence[Recorded], *, reached: int) -> tuple[ViewChanged, ...]:
        """Fold the events and move the checkpoint to `reached`, all or nothing.

        What the views already have is skipped. Says what people see changed.

        Raises:
            ViewsUnavailable: nothing of it was written.
        """
        passed("before views written")
        with self._transaction():
            if self._position is not None and reached <= self._position:
                return ()
            for recorded in events:
                if self._position is None or recorded.envelope.position > self._position:
                    self._fold(recorded)
            self._execute(
                "UPDATE generations SET position = ? WHERE generation = ?",
                reached,
                self._generation,
            )
            changes = self._write()
            self._position = reached
        passed("after views written")
        return changes

    def complete(self) -> bool:
        """Let this generation be read in place of an older one; says if it was not before."""
        with self._transaction():
            updated = self._execute(
                "UPDATE generations SET complete = 1 WHERE generation = ? AND NOT complete",
                self._generation,
            )
            if updated.rowcount:
                self._execute("DELETE FROM generations WHERE generation <> ?", self._generation)
                self._drop_documents_without_generation()
        return bool(updated.rowcount)

    def close(self) -> None:
        """Let go of the file."""
        with self._turn:
            self._connection.close()

    def recall(self, kind: type[M], key: str) -> M | None:
        """Give a document as the events before left it: the `Recall` that `fold` asks."""
        at = (NAMES[kind], key)
        if at not in self._documents:
            self._documents[at] = self._read(kind, *at)
        return cast("M | None", self._documents[at])

    def _fold(self, recorded: Recorded) -> None:
        envelope = recorded.envelope
        try:
            documents = tuple(fold(recorded, self.recall))
        except (ValueError, TypeError, LookupError, AttributeError) as error:
            get_logger().error(
                "event left out of the views",
                position=envelope.position,
                type=envelope.type,
                exc_info=error,
            )
            return
        for document in documents:
            at = (NAMES[type(document.body)], document.key)
            self._documents[at] = document.body
            self._changed[at] = (document, envelope.position)

    def _write(self) -> tuple[ViewChanged, ...]:
        rows = [
            (
                self._generation,
                view,
                key,
                str(document.application) if document.application else None,
                document.shelf,
                document.rank,
                position,
                document.body.model_dump_json(),
            )
            for (view, key), (document, position) in self._changed.items()
        ]
        self._connection.executemany(_UPSERT, rows)
        return tuple(
            ViewChanged(view=view, key=key, position=position)
            for (view, key), (document, position) in self._changed.items()
            if document.application
        )

    def _read(self, kind: type[M], view: str, key: str) -> M | None:
        found = self._execute(
            "SELECT body FROM documents WHERE generation = ? AND view = ? AND key = ?",
            self._generation,
            view,
            key,
        ).fetchone()
        return kind.model_validate_json(found[0]) if found else None

    def _begin(self, store: UUID) -> int:
        begun = self._execute(
            "INSERT INTO generations (projections, store) VALUES (?, ?)", self._version, str(store)
        )
        return int(begun.lastrowid or 0)

    def _drop_documents_without_generation(self) -> None:
        self._execute(
            "DELETE FROM documents WHERE generation NOT IN (SELECT generation FROM generations)"
        )

    def _execute(self, statement: str, *values: str | int | None) -> sqlite3.Cursor:
        return self._connection.execute(statement, values)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._turn:
            try:
                self._execute("BEGIN IMMEDIATE")
                yield
                self._execute("COMMIT")
            except BaseException as error:
                self._documents.clear()
                if self._connection.in_transaction:
                    self._connection.rollback()
                if not isinstance(error, sqlite3.Error):
                    raise
                if not isinstance(error, sqlite3.OperationalError):
                    remove_file(self._path)
                raise ViewsUnavailable(str(error)) from error
            finally:
                self._changed.clear()
                self._forget_the_oldest()

    def _forget_the_oldest(self) -> None:
        surplus = len(self._documents) - _REMEMBERED
        for at in list(self._documents)[: max(0, surplus)]:
            del self._documents[at]
