"""How views are read, by any number of readers while they are written."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from uuid import UUID

from services.projections.adapters.views_file import ViewsBeingBuilt, ViewsUnavailable, connect
from trellis_contracts.views import ViewChanged

_LIVE = """
SELECT generation, position, complete FROM generations
ORDER BY complete DESC, generation DESC LIMIT 1
"""
_APPLICATIONS = """
SELECT body FROM documents
WHERE generation = :generation AND view = 'applications' AND rank = 0 ORDER BY shelf
"""
_APPLICATION = """
SELECT body FROM documents
WHERE generation = :generation AND view = 'applications' AND (key = :name OR shelf = :name)
ORDER BY key = :name DESC, rank, position DESC LIMIT 1
"""
_DEPLOYMENT = """
SELECT body FROM documents
WHERE generation = :generation AND view = 'deployments' AND key = :key
"""
_DEPLOYMENTS = """
SELECT body FROM documents
WHERE generation = :generation AND view = 'deployments' AND shelf = :environment
  AND rank < :before ORDER BY rank DESC LIMIT :limit
"""
_NUMBERED = """
SELECT body FROM documents
WHERE generation = :generation AND view = 'deployments' AND shelf = :environment
  AND rank = :number
"""
_PREVIEW = """
SELECT body FROM documents
WHERE generation = :generation AND view = 'previews' AND key = :key
"""
_CHANGES = """
SELECT view, key, position FROM documents
WHERE generation = :generation AND position > :after AND application IS NOT NULL
  AND (:application IS NULL OR application = :application) ORDER BY position LIMIT :limit
"""
_NO_UPPER_BOUND = 2**62

Row = tuple[str, str, int]


@dataclass(frozen=True)
class Found:
    """Documents as JSON, and the position that they are the views of (None: nothing yet)."""

    bodies: tuple[str, ...]
    position: int | None


@dataclass(frozen=True)
class Changes:
    """What changed after a position, oldest first, as far as `reached`; `position` has it all.

    `generation` says which set of views it was seen in: positions of two sets do not compare.
    """

    changed: tuple[ViewChanged, ...]
    reached: int
    position: int
    generation: int


class Views:
    """Reads the views; each answer is of one moment.

    Every method raises `ViewsUnavailable` when the file cannot be read now, and `ViewsBeingBuilt`
    while it holds only the beginning of the history: half of the views would be wrong answers.
    """

    def __init__(self, path: Path) -> None:
        """Takes the file, which a `Generation` makes; opens it when it is first read."""
        self._path = path
        self._connection: sqlite3.Connection | None = None
        self._turn = Lock()

    def applications(self) -> Found:
        """Every application, by name."""
        return self._found(_APPLICATIONS)

    def application(self, name: str) -> Found:
        """The application with this id, or else with this name."""
        return self._found(_APPLICATION, name=name)

    def deployment(self, key: UUID) -> Found:
        """One deployment."""
        return self._found(_DEPLOYMENT, key=str(key))

    def preview(self, key: UUID) -> Found:
        """One preview."""
        return self._found(_PREVIEW, key=str(key))

    def deployments(self, environment: UUID, *, before: int | None, limit: int) -> Found:
        """The newest of an environment's deployments with a number below `before`."""
        below = _NO_UPPER_BOUND if before is None else before
        return self._found(_DEPLOYMENTS, environment=str(environment), before=below, limit=limit)

    def numbered(self, environment: UUID, number: int) -> Found:
        """The deployment of an environment with this number."""
        return self._found(_NUMBERED, environment=str(environment), number=number)

    def changes(self, *, after: int, application: UUID | None, limit: int) -> Changes:
        """What people see that changed last after a position, each thing once.

        What changed at one position comes together; `limit` must leave room for that.
        """
        only = str(application) if application else None
        asked = {"after": after, "application": only, "limit": limit + 1}
        with self._moment() as (connection, generation, position):
            rows = connection.execute(_CHANGES, {**asked, "generation": generation}).fetchall()
        whole = _whole_positions(rows, limit)
        changed = tuple(ViewChanged(view=view, key=key, position=at) for view, key, at in whole)
        cut = len(whole) < len(rows)
        at = position or 0
        return Changes(changed, changed[-1].position if cut else at, at, generation)

    def reopen(self) -> None:
        """Let go of the file; what is read next is read from the file that is there then."""
        with self._turn:
            if self._connection is not None:
                self._connection.close()
            self._connection = None

    def _found(self, statement: str, **asked: str | int) -> Found:
        with self._moment() as (connection, generation, position):
            rows = connection.execute(statement, {**asked, "generation": generation})
            return Found(tuple(body for (body,) in rows), position)

    @contextmanager
    def _moment(self) -> Iterator[tuple[sqlite3.Connection, int, int | None]]:
        """One state of the file: the generation that is read, and its position."""
        with self._turn:
            connection = self._connection = self._connection or connect(self._path)
            try:
                connection.execute("BEGIN")
                live = connection.execute(_LIVE).fetchone()
                if live is None or not live[2]:
                    raise ViewsBeingBuilt
                yield connection, live[0], live[1]
            except sqlite3.Error as error:
                raise ViewsUnavailable(str(error)) from error
            finally:
                if connection.in_transaction:
                    connection.rollback()


def _whole_positions(rows: Sequence[Row], limit: int) -> Sequence[Row]:
    """Leave out the last position of rows that were cut: its other changes may be missing."""
    if len(rows) <= limit:
        return rows
    return [row for row in rows if row[2] < rows[-1][2]]
