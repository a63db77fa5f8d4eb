"""Hooks in the directory: which secret a delivery must be signed with, and of what it may speak."""

import secrets
import sqlite3
from dataclasses import dataclass
from uuid import UUID

from pydantic import SecretStr

from services.chassis.clock import Clock, system_clock
from services.chassis.secrets.sealing import SealingKey
from services.ingest.adapters.directory import Directory
from trellis_contracts.names import ActorId, ApplicationId, HookId, RepositoryName


@dataclass(frozen=True, kw_only=True)
class Hook:
    """One hook: the application that it belongs to and the repository that it may speak of."""

    id: HookId
    application_id: ApplicationId
    repository: RepositoryName
    secret: SecretStr
    made_by: ActorId


class Hooks:
    """The hooks of a directory; their secrets are sealed with the installation's key."""

    def __init__(
        self, directory: Directory, *, key: SealingKey, clock: Clock = system_clock
    ) -> None:
        """Takes the directory, open by the time a hook is asked for."""
        self._directory, self._key, self._clock = directory, key, clock
        decoy = secrets.token_urlsafe(32).encode()
        self._decoy = key.seal(decoy, place=_place("decoy"))

    async def find(self, hook: HookId) -> tuple[Hook | None, SecretStr]:
        """Give the hook, and the secret to check a signature with.

        For an unknown hook that is a secret which nobody knows: finding it takes the same steps,
        so that the time of an answer does not say which hooks there are.
        """
        row = await self._one("SELECT * FROM hooks WHERE id = ?", hook)
        if row is None:
            return None, self._unsealed("decoy", self._decoy)
        found = self._hook(row)
        return found, found.secret

    async def of(self, application: ApplicationId) -> Hook | None:
        """Give an application's hook; None: no such application was ever made here."""
        row = await self._one("SELECT * FROM hooks WHERE application_id = ?", str(application))
        return self._hook(row) if row else None

    async def add(
        self,
        hook: HookId,
        *,
        application: ApplicationId,
        repository: RepositoryName,
        made_by: ActorId,
    ) -> Hook:
        """Make a hook with a new secret, or give the one that was made before for this id."""
        values = {
            "id": hook,
            "application_id": str(application),
            "repository": repository,
            "sealed_secret": self._new_secret(hook),
            "made_by": made_by,
            "made_at": self._clock().isoformat(),
        }
        await self._directory.ask(
            lambda db: db.execute(
                "INSERT INTO hooks VALUES (:id, :application_id, :repository, :sealed_secret, "
                ":made_by, :made_at) ON CONFLICT (id) DO NOTHING",
                values,
            )
        )
        found, _ = await self.find(hook)
        if found is None:
            raise LookupError(f"hook {hook} was removed while it was made: send the same again")
        return found

    async def rotate(self, hook: HookId) -> None:
        """Give the hook a new secret; the old one ends at once."""
        sealed = self._new_secret(hook)
        await self._directory.ask(
            lambda db: db.execute("UPDATE hooks SET sealed_secret = ? WHERE id = ?", (sealed, hook))
        )

    async def remove(self, hook: HookId) -> None:
        """Forget a hook whose application was refused."""
        await self._directory.ask(lambda db: db.execute("DELETE FROM hooks WHERE id = ?", (hook,)))

    async def _one(self, question: str, value: str) -> sqlite3.Row | None:
        return await self._directory.ask(lambda db: db.execute(question, (value,)).fetchone())

    def _new_secret(self, hook: HookId) -> bytes:
        return self._key.seal(secrets.token_urlsafe(32).encode(), place=_place(hook))

    def _unsealed(self, hook: HookId, sealed: bytes) -> SecretStr:
        return SecretStr(self._key.unseal(sealed, place=_place(hook)).decode())

    def _hook(self, row: sqlite3.Row) -> Hook:
        return Hook(
            id=row["id"],
            application_id=UUID(row["application_id"]),
            repository=row["repository"],
            secret=self._unsealed(row["id"], row["sealed_secret"]),
            made_by=row["made_by"],
        )


def _place(hook: HookId) -> str:
    return f"hook\0{hook}"
