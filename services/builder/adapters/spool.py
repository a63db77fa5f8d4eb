"""The builder's memory of what it has to report: a fact stays here until it was answered.

It also holds the runs that were begun, so that a builder that was killed says so when it is back.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from services.builder.domain.run import RunIds
from services.chassis.failpoints import passed
from trellis_contracts import codec
from trellis_contracts.asking import Asked
from trellis_contracts.message import Message
from trellis_contracts.names import derived_id
from trellis_contracts.runs import RunAbandoned

ACTOR = "service:builder"

_SCHEMA = """
CREATE TABLE IF NOT EXISTS runs (run TEXT PRIMARY KEY, abandoned TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS facts (
    place INTEGER PRIMARY KEY AUTOINCREMENT, run TEXT NOT NULL, asked TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS counts (run TEXT PRIMARY KEY, told INTEGER NOT NULL) STRICT;
"""


@dataclass(frozen=True)
class Spooled:
    """A fact that waits for its answer; `place` is its order."""

    place: int
    run_id: UUID
    asked: Asked


class Spool:
    """Durable and in order; used from one thread. An id never names two facts."""

    def __init__(self, file: Path) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        self._rows = sqlite3.connect(file, isolation_level=None)
        self._rows.execute("PRAGMA journal_mode=WAL")
        self._rows.execute("PRAGMA synchronous=FULL")
        self._rows.executescript(_SCHEMA)

    def begin(self, ids: RunIds) -> None:
        """Remember that a run is under way, and what to say if it is cut short."""
        abandoned = codec.encode(RunAbandoned(**ids)).decode()
        self._rows.execute(
            "INSERT OR IGNORE INTO runs VALUES (?, ?)", (str(ids["run_id"]), abandoned)
        )

    def put(self, run_id: UUID, fact: Message, *, ends: bool = False) -> None:
        """Keep a fact to be told; one that `ends` the run is the last that counts."""
        name = type(fact).__name__
        passed(f"before spool {name}")
        with self._transaction():
            self._put(run_id, fact)
            if ends:
                self._rows.execute("DELETE FROM runs WHERE run = ?", (str(run_id),))
        passed(f"after spool {name}")

    def abandon_all(self) -> None:
        """Turn every run that was cut short into a fact: called once, when a builder starts."""
        with self._transaction():
            for run, abandoned in self._rows.execute("SELECT run, abandoned FROM runs").fetchall():
                self._put(UUID(run), codec.read(RunAbandoned, abandoned))
            self._rows.execute("DELETE FROM runs")

    def first(self) -> Spooled | None:
        """Give the oldest fact that was not answered yet."""
        row = self._rows.execute("SELECT * FROM facts ORDER BY place LIMIT 1").fetchone()
        return Spooled(row[0], UUID(row[1]), codec.read(Asked, row[2])) if row else None

    def answered(self, fact: Spooled) -> None:
        """Forget a fact that was answered, whatever the answer."""
        self._rows.execute("DELETE FROM facts WHERE place = ?", (fact.place,))

    def forget(self, run_id: UUID) -> None:
        """Forget a run and what it still had to tell: it is no longer ours to tell."""
        with self._transaction():
            for table in ("runs", "facts", "counts"):
                self._rows.execute(f"DELETE FROM {table} WHERE run = ?", (str(run_id),))  # noqa: S608 - names from here

    def close(self) -> None:
        """Let go of the file."""
        self._rows.close()

    def _put(self, run_id: UUID, fact: Message) -> None:
        (told,) = self._rows.execute(
            "INSERT INTO counts VALUES (?, 1) ON CONFLICT DO UPDATE SET told = told + 1 "
            "RETURNING told",
            (str(run_id),),
        ).fetchone()
        asked = codec.asked(fact, id_=derived_id(run_id, "fact", told), actor=ACTOR)
        self._rows.execute(
            "INSERT INTO facts (run, asked) VALUES (?, ?)",
            (str(run_id), codec.encode(asked).decode()),
        )

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._rows.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._rows.execute("ROLLBACK")
            raise
        self._rows.execute("COMMIT")
