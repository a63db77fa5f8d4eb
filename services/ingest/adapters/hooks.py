"""Hooks in the directory: which secret a delivery must be signed with, and of what it may speak."""

import asyncio
import secrets
import sqlite3
from collections.abc import Mapping
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
    """The hooks of a directory; their secrets are sealed with the installation's key.

    They are read once and kept in memory, because each delivery asks for one: this process has
    the directory for itself, and every change goes through this object.
    """

    def __init__(
        self, directory: Directory, *, key: SealingKey, clock: Clock = system_clock
    ) -> None:
        """Takes the directory, open by the time a hook is asked for."""
        self._directory, self._key, self._clock = directory, key, clock
        self._decoy = SecretStr(secrets.token_urlsafe(32))
        self._known: Mapping[HookId, Hook] | None = None
        self._changing = asyncio.Lock()

    async def find(self, hook: HookId) -> tuple[Hook | None, SecretStr]:
        """Give the hook, and the secret to check a signature with.

        For an unknown hook that is a secret which nobody knows: checking it takes the same steps,
        so that the time of an answer does not say which hooks there are.
        """
        found = (await self._every()).get(hook)
        return found, found.secret if found else self._decoy

    def has(self, repository: str) -> bool:
        """Say whether any hook is of this repository; `find` comes before."""
        wanted = repository.casefold()
        return any(hook.repository.casefold() == wanted for hook in (self._known or {}).values())

    async def of(self, application: ApplicationId) -> Hook | None:
        """Give an application's hook; None: no such application was ever made here."""
        hooks = (await self._every()).values()
        return next((hook for hook in hooks if hook.application_id == application), None)

    async def every(self) -> tuple[Hook, ...]:
        """Give all of them."""
        return tuple((await self._every()).values())

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
        await self._change(
            "INSERT INTO hooks VALUES (:id, :application_id, :repository, :sealed_secret, "
            ":made_by, :made_at) ON CONFLICT (id) DO NOTHING",
            values,
        )
        return (await self._every())[hook]

    async def rotate(self, hook: HookId) -> None:
        """Give the hook a new secret; the old one ends at once."""
        values = {"id": hook, "sealed_secret": self._new_secret(hook)}
        await self._change("UPDATE hooks SET sealed_secret = :sealed_secret WHERE id = :id", values)

    async def move(self, hook: HookId, repository: RepositoryName) -> None:
        """Have the hook speak of another repository; its address and its secret stay."""
        values = {"id": hook, "repository": repository}
        await self._change("UPDATE hooks SET repository = :repository WHERE id = :id", values)

    async def remove(self, hook: HookId) -> None:
        """Forget a hook whose application was refused, or is gone."""
        await self._change("DELETE FROM hooks WHERE id = :id", {"id": hook})

    async def _change(self, statement: str, values: Mapping[str, object]) -> None:
        async with self._changing:
            await self._directory.ask(lambda db: db.execute(statement, values))
            self._known = await self._read()

    async def _every(self) -> Mapping[HookId, Hook]:
        if self._known is None:
            async with self._changing:
                self._known = await self._read()
        return self._known

    async def _read(self) -> Mapping[HookId, Hook]:
        rows = await self._directory.ask(lambda db: db.execute("SELECT * FROM hooks").fetchall())
        return {row["id"]: self._hook(row) for row in rows}

    def _new_secret(self, hook: HookId) -> bytes:
        return self._key.seal(secrets.token_urlsafe(32).encode(), place=_place(hook))

    def _hook(self, row: sqlite3.Row) -> Hook:
        secret = self._key.unseal(row["sealed_secret"], place=_place(row["id"]))
        return Hook(
            id=row["id"],
            application_id=UUID(row["application_id"]),
            repository=row["repository"],
            secret=SecretStr(secret.decode()),
            made_by=row["made_by"],
        )


def _place(hook: HookId) -> str:
    return f"hook\0{hook}"
