"""Tokens in the directory: made once, shown once, kept as a hash.

NameTaken
LastAdministrator
"""

import hashlib
import json
import secrets
import sqlite3
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from pydantic import BaseModel, ConfigDict, SecretStr

from services.chassis.clock import Clock, system_clock
from services.ingest.adapters.directory import Directory
from trellis_contracts.message import UtcDatetime
from trellis_contracts.names import ActorId, new_id
from trellis_contracts.rights import Role

_MARK = "trellis_"
_SHOWN = len(_MARK) + 6
_USE_IS_NOTED_EVERY = timedelta(minutes=1)


class Token(BaseModel):
    """What is known of a token; its value is nowhere, `prefix` tells tokens apart."""

    model_config = ConfigDict(frozen=True)

    id: UUID
    prefix: str
    name: str
    actor: ActorId
    role: Role
    created_at: UtcDatetime
    used_at: UtcDatetime | None = None
    """To the minute."""
    revoked_at: UtcDatetime | None = None
    only: tuple[UUID, ...] = ()
    """The applications and environments that it may change; all if there are none."""


class NameTaken(Exception):
    """A token that is not revoked has the name."""

    def __init__(self, name: str) -> None:
        """Takes the name."""
        super().__init__(f"There is a token {name} already: revoke it, or take another name.")


class LastAdministrator(Exception):
    """Without this token nobody could make another."""

    def __init__(self) -> None:
        super().__init__("This is the last administrator's token: make another one first.")


class Tokens:
    """The tokens of a directory.

    A token is 256 random bits, so its sha256 is enough: nothing can be guessed, and a slow hash
    would only slow down every request.
    """

    def __init__(self, directory: Directory, *, clock: Clock = system_clock) -> None:
        """Takes the directory, open by the time a token is asked for."""
        self._directory, self._clock = directory, clock

    async def issue(
        self, name: str, *, actor: ActorId, role: Role, only: Sequence[UUID] = ()
    ) -> tuple[Token, SecretStr]:
        """Make a token and give its value, which is never seen again.

        Raises:
            NameTaken: choose another name.
        """
        value = _MARK + secrets.token_urlsafe(32)
        token = Token(
            id=new_id(),
            prefix=value[:_SHOWN],
            name=name,
            actor=actor,
            role=role,
            created_at=self._clock(),
            only=tuple(only),
        )
        row = {**token.model_dump(mode="json"), "hash": _hash(value)}
        row["only_at"] = json.dumps(row.pop("only"))
        try:
            await self._directory.ask(
                lambda db: db.execute(
                    "INSERT INTO tokens (id, hash, prefix, name, actor, role, created_at, only_at)"
                    " VALUES (:id, :hash, :prefix, :name, :actor, :role, :created_at, :only_at)",
                    row,
                )
            )
        except sqlite3.IntegrityError:
            raise NameTaken(name) from None
        return token, SecretStr(value)

    async def find(self, value: str) -> Token | None:
        """Give the token of this value and note its use, unless it is unknown or revoked."""
        now = self._clock()
        return await self._directory.ask(lambda db: _use(db, _hash(value), now))

    async def every(self) -> tuple[Token, ...]:
        """Give all tokens in the order in which they were made, the revoked ones too."""
        rows = await self._directory.ask(
            lambda db: db.execute("SELECT * FROM tokens ORDER BY id").fetchall()
        )
        return tuple(token_of(dict(row)) for row in rows)

    async def revoke(self, token_id: UUID) -> bool:
        """End a token at once; False if there is none. Again changes nothing.

        Raises:
            LastAdministrator: nobody could make another.
        """
        now = self._clock()
        return await self._directory.ask(lambda db: _revoke(db, token_id, now))


def _hash(value: str) -> bytes:
    return hashlib.sha256(value.encode()).digest()


def token_of(row: Mapping[str, object]) -> Token:
    """Give the token of a row of the table."""
    return Token.model_validate({**row, "only": json.loads(str(row["only_at"]))})


def _use(db: sqlite3.Connection, hashed: bytes, now: datetime) -> Token | None:
    row = db.execute(
        "SELECT * FROM tokens WHERE hash = ? AND revoked_at IS NULL", (hashed,)
    ).fetchone()
    if row is None:
        return None
    token = token_of(dict(row))
    if token.used_at is None or now - token.used_at >= _USE_IS_NOTED_EVERY:
        db.execute("UPDATE tokens SET used_at = ? WHERE id = ?", (now.isoformat(), str(token.id)))
    return token


def _revoke(db: sqlite3.Connection, token_id: UUID, now: datetime) -> bool:
    row = db.execute("SELECT * FROM tokens WHERE id = ?", (str(token_id),)).fetchone()
    if row is None:
        return False
    token = token_of(dict(row))
    others = "SELECT count(*) FROM tokens WHERE role = ? AND revoked_at IS NULL AND id <> ?"
    (left,) = db.execute(others, (Role.ADMIN, str(token_id))).fetchone()
    if token.role is Role.ADMIN and token.revoked_at is None and not left:
        raise LastAdministrator
    db.execute(
        "UPDATE tokens SET revoked_at = coalesce(revoked_at, ?) WHERE id = ?",
        (now.isoformat(), str(token_id)),
    )
    return True
