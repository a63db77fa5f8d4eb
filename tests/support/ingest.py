"""Ingest whole, in this process: real bus, directory and keys; only the socket is left out."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import httpx
from fastapi import FastAPI

from services.chassis.settings import read_settings
from services.ingest.app import create_app, open_rooms
from services.ingest.settings import IngestSettings
from tests.support.actors.github import GitHub
from tests.support.actors.orchestrator import AnsweringOrchestrator
from trellis_contracts.rights import HEADER, Role

BASE = "http://ingest.test"


@dataclass(frozen=True, kw_only=True)
class RunningIngest:
    """Ingest with an orchestrator that answers, and a client for each kind of asker."""

    app: FastAPI
    settings: IngestSettings
    orchestrator: AnsweringOrchestrator
    client: httpx.AsyncClient

    def as_a(self, role: Role, actor: str = "person:ana") -> dict[str, str]:
        """The header with which the front door would let somebody pass."""
        return {HEADER: open_rooms(self.settings).signer.sign(actor, role)}

    def as_a_developer(self) -> dict[str, str]:
        """The header of somebody who may do what most may."""
        return self.as_a(Role.DEVELOPER)

    async def an_application(self, **fields: object) -> "ConnectedApplication":
        """Connect a repository as a developer."""
        answer = await self.client.post(
            "/api/v1/applications",
            json={"name": "orders", "repository": "https://github.com/acme/orders.git", **fields},
            headers=self.as_a(Role.DEVELOPER),
        )
        assert answer.status_code == 201, answer.text
        told = answer.json()
        return ConnectedApplication(
            id=UUID(told["application_id"]),
            environments={name: UUID(given) for name, given in told["environments"].items()},
            hook=told["webhook"]["url"].removeprefix(BASE),
            github=GitHub(told["webhook"]["secret"]),
        )


@dataclass(frozen=True, kw_only=True)
class ConnectedApplication:
    """An application as its creator knows it."""

    id: UUID
    environments: dict[str, UUID]
    hook: str
    github: GitHub

    def at(self, environment: str = "development") -> str:
        """The address of one of its environments."""
        found = self.environments[environment]
        return f"/api/v1/applications/{self.id}/environments/{found}"


def ingest_settings(folder: Path, nats_url: str, **given: object) -> IngestSettings:
    """Settings with everything below a test's folder."""
    return read_settings(
        IngestSettings, data=folder / "data", keys=folder / "keys", nats=nats_url, **given
    )


@asynccontextmanager
async def running_ingest(
    folder: Path, nats_url: str, *, orchestrated: bool = True, **given: object
) -> AsyncIterator[RunningIngest]:
    """Ingest from start to stop."""
    settings = ingest_settings(folder, nats_url, **given)
    orchestrator = AnsweringOrchestrator(nats_url)
    app = create_app(settings)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url=BASE) as client,
    ):
        if orchestrated:
            await orchestrator.start()
        try:
            yield RunningIngest(
                app=app, settings=settings, orchestrator=orchestrator, client=client
            )
        finally:
            await orchestrator.stop()
