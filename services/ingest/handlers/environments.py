"""Environments: settings, variables, secrets and credentials.

A value that must stay secret is stored first and then recorded by its version. A crash in between
leaves a version that nothing refers to, which harms nobody; the other order would leave a record
of a value that is nowhere.
"""

import json
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path
from pydantic import AfterValidator, Field, SecretStr

from services.chassis.secrets.paths import SecretPath, credentials_path, secret_path
from services.chassis.secrets.port import SecretsStore
from services.ingest.adapters.orchestrator import Orchestrator
from services.ingest.handlers.asking import (
    AtEnvironment,
    Body,
    Configurer,
    Decision,
    Key,
    decided,
    told,
)
from trellis_contracts.applications import (
    ConfigureEnvironment,
    RecordCredentials,
    RecordSecret,
    RemoveSecret,
    RemoveVariable,
    SetVariable,
    VariableValue,
)
from trellis_contracts.names import VariableName
from trellis_contracts.rights import Identity
from trellis_contracts.settings import SettingsChange

SHORTEST_SECRET = 8

Name = Annotated[VariableName, Path()]


def _can_be_masked(value: SecretStr) -> SecretStr:
    """Masking a shorter value would blacken half of every log, or give the value away."""
    if len(value.get_secret_value()) < SHORTEST_SECRET:
        raise ValueError(
            f"a secret has {SHORTEST_SECRET} characters or more, because a shorter one cannot be "
            "masked in logs; if it need not be kept secret, set a variable"
        )
    return value


def _has_no_nul(value: SecretStr) -> SecretStr:
    if "\0" in value.get_secret_value():
        raise ValueError("no program can be given a value with a NUL in it")
    return value


SecretValue = Annotated[
    SecretStr,
    Field(max_length=16_384),
    AfterValidator(_can_be_masked),
    AfterValidator(_has_no_nul),
]


_ANY_NEWER = 2**31
"""A version that no value has: what would be recorded is asked before anything is stored."""


class NewVariable(Body):
    """A variable's value. Everybody who may read sees it."""

    value: VariableValue


class NewSecret(Body):
    """A secret's value: it is written, given to the steps that need it, and never shown."""

    value: SecretValue


class NewCredentials(Body):
    """AWS credentials of an environment; `session_token` belongs to temporary ones."""

    access_key_id: str = Field(pattern=r"^\w{4,128}$")
    secret_access_key: SecretStr = Field(min_length=4, max_length=256)
    session_token: SecretStr | None = Field(default=None, min_length=4, max_length=4096)

    def sealed(self) -> SecretStr:
        """Give them as they lie in the secrets store and a builder reads them."""
        session = self.session_token and self.session_token.get_secret_value()
        stored = {
            "access_key_id": self.access_key_id,
            "secret_access_key": self.secret_access_key.get_secret_value(),
            "session_token": session,
        }
        return SecretStr(json.dumps(stored, separators=(",", ":")))


class Environments:
    """The routes of an environment's settings and values."""

    def __init__(self, orchestrator: Orchestrator, secrets: SecretsStore) -> None:
        """Takes who decides, and where values are kept."""
        self._orchestrator, self._secrets = orchestrator, secrets

    def router(self) -> APIRouter:
        """The routes, to be included under the API's prefix."""
        prefix = "/applications/{application_id}/environments/{environment_id}"
        router = APIRouter(prefix=prefix, tags=["environments"])
        router.patch("/settings", status_code=202)(self.configure)
        router.put("/variables/{name}", status_code=202)(self.set_variable)
        router.delete("/variables/{name}", status_code=202)(self.remove_variable)
        router.put("/secrets/{name}", status_code=202)(self.put_secret)
        router.delete("/secrets/{name}", status_code=202)(self.remove_secret)
        router.put("/credentials", status_code=202)(self.put_credentials)
        return router

    async def configure(
        self,
        *,
        who: Configurer,
        at: AtEnvironment,
        change: SettingsChange,
        key: Key,
    ) -> Decision:
        """Change settings: a field that is not sent stays as it is, null is a value."""
        command = ConfigureEnvironment(**dict(at), change=change)
        return told(await decided(self._orchestrator, command, who=who, key=key))

    async def set_variable(
        self,
        *,
        who: Configurer,
        at: AtEnvironment,
        name: Name,
        asked: NewVariable,
        key: Key,
    ) -> Decision:
        """Give a variable a value, from the next deployment on."""
        command = SetVariable(**dict(at), name=name, value=asked.value)
        return told(await decided(self._orchestrator, command, who=who, key=key))

    async def remove_variable(
        self, *, who: Configurer, at: AtEnvironment, name: Name, key: Key
    ) -> Decision:
        """Remove a variable, from the next deployment on."""
        command = RemoveVariable(**dict(at), name=name)
        return told(await decided(self._orchestrator, command, who=who, key=key))

    async def put_secret(
        self,
        *,
        who: Configurer,
        at: AtEnvironment,
        name: Name,
        asked: NewSecret,
        key: Key,
    ) -> Decision:
        """Give a secret a new version, from the next deployment on."""
        newer = RecordSecret(**dict(at), name=name, version=_ANY_NEWER)
        path = secret_path(at.application_id, at.environment_id, name)
        return await self._stored(newer, path, asked.value, who=who, key=key)

    async def remove_secret(
        self, *, who: Configurer, at: AtEnvironment, name: Name, key: Key
    ) -> Decision:
        """Remove a secret, from the next deployment on; a release that had it keeps its version."""
        command = RemoveSecret(**dict(at), name=name)
        return told(await decided(self._orchestrator, command, who=who, key=key))

    async def put_credentials(
        self,
        *,
        who: Configurer,
        at: AtEnvironment,
        asked: NewCredentials,
        key: Key,
    ) -> Decision:
        """Give the environment the AWS credentials that its deployments use."""
        newer = RecordCredentials(**dict(at), version=_ANY_NEWER)
        path = credentials_path(at.application_id, at.environment_id)
        return await self._stored(newer, path, asked.sealed(), who=who, key=key)

    async def _stored(
        self,
        newer: RecordSecret | RecordCredentials,
        path: SecretPath,
        value: SecretStr,
        *,
        who: Identity,
        key: UUID,
    ) -> Decision:
        """Store a value and have its version recorded; one that is refused is never stored."""
        await decided(self._orchestrator, newer, who=who, key=key, dry_run=True)
        version = await self._secrets.put(path, value)
        command = newer.model_copy(update={"version": version})
        return told(await decided(self._orchestrator, command, who=who, key=key))
