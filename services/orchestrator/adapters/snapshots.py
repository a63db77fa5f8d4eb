"""Where long streams stood, so that loading one stays fast as it grows; a cache, and no more.

Whatever is wrong with a snapshot (missing, damaged, of another version of the code), the stream is
folded from its beginning, as if there never had been one. docs/decisions/0017 has why.
"""

import hashlib
import json
import sqlite3
from contextlib import closing
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Final

from services.chassis.logging import get_logger
from services.orchestrator import domain
from services.orchestrator.adapters.packing import pack, unpack

EVERY: Final = 200
"""Events after which a stream is worth a new snapshot."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS snapshots (
    stream TEXT PRIMARY KEY, store TEXT NOT NULL, code TEXT NOT NULL, version INTEGER NOT NULL,
    body TEXT NOT NULL, digest TEXT NOT NULL
) STRICT
"""


class Snapshots:
    """Snapshots in one SQLite file; used from any thread, one at a time."""

    def __init__(self, file: Path, *, code: str | None = None) -> None:
        """Takes the file, made when it is first written, and what names the code that folds."""
        self._file, self._code = file, code or code_version()
        self._turn = Lock()

    def find(self, stream: str, store: str) -> tuple[int, object] | None:
        """Give the version and the state that a stream had; None: fold it from its beginning."""
        try:
            row = self._read(stream, store)
            if row is None or _digest(row[1]) != row[2]:
                return None
            return row[0], unpack(json.loads(row[1]))
        except (sqlite3.Error, ValueError, TypeError, LookupError) as useless:
            get_logger().warning("snapshot not used", stream=stream, reason=repr(useless))
            return None

    def keep(self, stream: str, store: str, *, version: int, state: object) -> None:
        """Keep where a stream stands; what cannot be kept is only logged."""
        body = json.dumps(pack(state), separators=(",", ":"))
        row = (stream, store, self._code, version, body, _digest(body))
        try:
            with self._turn, closing(self._open()) as rows, rows:
                rows.execute("INSERT OR REPLACE INTO snapshots VALUES (?, ?, ?, ?, ?, ?)", row)
        except sqlite3.Error as error:
            get_logger().warning("snapshot not kept", stream=stream, reason=str(error))

    def _read(self, stream: str, store: str) -> tuple[int, str, str] | None:
        with self._turn, closing(self._open()) as rows:
            found: tuple[int, str, str] | None = rows.execute(
                "SELECT version, body, digest FROM snapshots"
                " WHERE stream = ? AND store = ? AND code = ?",
                (stream, store, self._code),
            ).fetchone()
        return found

    def _open(self) -> sqlite3.Connection:
        self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        rows = sqlite3.connect(self._file, isolation_level=None, timeout=5)
        rows.execute("PRAGMA journal_mode=WAL")
        rows.execute("PRAGMA synchronous=NORMAL")
        rows.execute(_SCHEMA)
        return rows


@cache
def code_version() -> str:
    """Name the code that folds: any change of it makes older snapshots useless."""
    digest = hashlib.sha256()
    for folder in map(Path, domain.__path__):
        for file in sorted(folder.glob("*.py")):
            digest.update(file.read_bytes())
    return digest.hexdigest()


def _digest(body: str) -> str:
    return hashlib.sha256(body.encode()).hexdigest()
