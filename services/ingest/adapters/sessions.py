"""Sessions of browsers in the directory: made of a token, kept as a hash, ended with the token."""

import hashlib
import secrets
import sqlite3
from dataclasses import dataclass
from datetime import datetime, timedelta

from pydantic import SecretStr

from services.chassis.clock import Clock, system_clock
from services.ingest.adapters.directory import Directory
from services.ingest.adapters.tokens import Token, token_of
from trellis_contracts.names import ActorId

_USE_IS_NOTED_EVERY = timedelta(minutes=1)
_LIVING = """
SELECT tokens.*, sessions.used_at AS seen_at, sessions.created_at AS begun_at
FROM sessions JOIN tokens ON tokens.id = sessions.token_id
WHERE sessions.hash = :hash AND tokens.revoked_at IS NULL
  AND sessions.used_at > :idle_since AND sessions.created_at > :begun_since
"""


@dataclass(frozen=True)
class Lifetimes:
    """How long a session lives: unused, and at all."""

    idle: timedelta
    whole: timedelta


class Sessions:
    """The sessions of a directory; an id is 256 random bits, so its sha256 is enough."""

    def __init__(
        self, directory: Directory, lifetimes: Lifetimes, *, clock: Clock = system_clock
    ) -> None:
        """Takes the directory, open by the time a session is asked for."""
        self._directory, self.lifetimes, self._clock = directory, lifetimes, clock

    async def begin(self, token: Token) -> SecretStr:
        """Begin a session with the rights of a token; give its id, which is never seen again."""
        value, now = secrets.token_urlsafe(32), self._clock()
        row = {"hash": _hash(value), "token_id": str(token.id), "now": now.isoformat()}

        def insert(db: sqlite3.Connection) -> None:
            _forget_expired(db, now, self.lifetimes)
            db.execute(
                "INSERT INTO sessions (hash, token_id, created_at, used_at) "
                "VALUES (:hash, :token_id, :now, :now)",
                row,
            )

        await self._directory.ask(insert)
        return SecretStr(value)

    async def find(self, value: str) -> Token | None:
        """Give the token that a living session was made of, and note its use."""
        now = self._clock()
        return await self._directory.ask(lambda db: _use(db, value, now=now, lives=self.lifetimes))

    async def until(self, value: str) -> datetime | None:
        """Say when a living session ends if it is not used again; None: it has ended."""
        now = self._clock()
        row = await self._directory.ask(
            lambda db: _living(db, value, now=now, lives=self.lifetimes)
        )
        if row is None:
            return None
        seen, begun = (datetime.fromisoformat(row[moment]) for moment in ("seen_at", "begun_at"))
        return min(seen + self.lifetimes.idle, begun + self.lifetimes.whole)

    async def end(self, value: str) -> None:
        """End one session at once; one that is not there has ended."""
        await self._directory.ask(
            lambda db: db.execute("DELETE FROM sessions WHERE hash = ?", (_hash(value),))
        )

    async def end_all(self, actor: ActorId) -> int:
        """End every session of somebody; give how many there were."""
        ended = await self._directory.ask(
            lambda db: db.execute(
                "DELETE FROM sessions WHERE token_id IN (SELECT id FROM tokens WHERE actor = ?)",
                (actor,),
            )
        )
        return ended.rowcount


def _hash(value: str) -> bytes:
    return hashlib.sha256(value.encode()).digest()


def _living(
    db: sqlite3.Connection, value: str, *, now: datetime, lives: Lifetimes
) -> dict[str, str] | None:
    asked = {
        "hash": _hash(value),
        "idle_since": (now - lives.idle).isoformat(),
        "begun_since": (now - lives.whole).isoformat(),
    }
    row = db.execute(_LIVING, asked).fetchone()
    return dict(row) if row else None


def _use(db: sqlite3.Connection, value: str, *, now: datetime, lives: Lifetimes) -> Token | None:
    found = _living(db, value, now=now, lives=lives)
    if found is None:
        return None
    if now - datetime.fromisoformat(found["seen_at"]) >= _USE_IS_NOTED_EVERY:
        noted = (now.isoformat(), _hash(value))
        db.execute("UPDATE sessions SET used_at = ? WHERE hash = ?", noted)
    return token_of(found)


def _forget_expired(db: sqlite3.Connection, now: datetime, lives: Lifetimes) -> None:
    db.execute(
        "DELETE FROM sessions WHERE used_at <= ? OR created_at <= ?",
        ((now - lives.idle).isoformat(), (now - lives.whole).isoformat()),
    )
