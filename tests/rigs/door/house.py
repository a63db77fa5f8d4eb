"""The house behind the door: all of Trellis but a cloud, asked from outside as GitHub asks it."""

import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from cli.client.answers import Created
from cli.client.api import Api
from cli.up import Up, UpSettings
from services.chassis.event_store import open_event_store
from services.chassis.event_store.port import EventStore
from services.chassis.recording import to_recorded
from tests.support.actors.github import GitHub
from trellis_contracts.deployments import DeployRequested
from trellis_contracts.message import Message
from trellis_contracts.subjects import delivery_stream, environment_stream


@dataclass
class House:
    """A running Trellis, its applications by repository, and its history."""

    up: Up
    api: Api
    store: EventStore
    client: httpx.AsyncClient
    applications: dict[str, Created] = field(default_factory=dict)

    async def connect(self, repository: str, *, branch: str = "main") -> Created:
        """Make an application of a repository on github.com, which nobody here can reach."""
        name, url = f"app-{len(self.applications)}", f"https://github.com/{repository}"
        made = await self.api.create_application(name, url, branch=branch)
        self.applications[repository] = made
        return made

    def github(self, repository: str) -> GitHub:
        """GitHub, as the hook of a repository has it."""
        return GitHub(self.applications[repository].webhook.secret, repository)

    async def deliver(
        self, repository: str, event: str, body: bytes, *, delivery: str | None = None
    ) -> httpx.Response:
        """Deliver as GitHub does, to the hook of a repository."""
        headers = self.github(repository).headers(body, event, delivery=delivery)
        hook = self.applications[repository].webhook.url
        return await self.client.post(hook, content=body, headers=headers)

    def ingest_port(self) -> int:
        """Where ingest listens, without the front door before it."""
        return next(part.ports["ingest"] for part in self.up.services if "ingest" in part.ports)

    async def recorded(self, delivery: str) -> list[Message]:
        """What history says of a delivery."""
        return await self._events(delivery_stream(delivery))

    async def deployed_by(self, repository: str) -> Mapping[str, int]:
        """Count the deployments of an application's environments by the delivery that asked."""
        counted: dict[str, int] = {}
        for environment in self.applications[repository].environments.values():
            for event in await self._events(environment_stream(environment)):
                if isinstance(event, DeployRequested) and event.delivery:
                    counted[event.delivery] = counted.get(event.delivery, 0) + 1
        return counted

    async def _events(self, stream: str) -> list[Message]:
        read = self.store.read_stream(stream)
        return [to_recorded(event, previous=None).event async for event in read]


@asynccontextmanager
async def house(folder: Path) -> AsyncIterator[House]:
    """Everything up, on free ports, with nothing of it left behind."""
    given = {
        "PATH": os.environ["PATH"],
        "TRELLIS_KEYS": str(folder / "keys"),
        "TRELLIS_WEBHOOKS_PER_SECOND": "5000",
        "TRELLIS_POLL_SECONDS": "3600",
    }
    up = Up(UpSettings(data=folder / "data", port=0, environ=given, pointer=None), say=print)
    await up.start()
    store = open_event_store(f"sqlite://{folder}/data/events.sqlite", read_only=True)
    try:
        async with (
            Api(up.url, up.token) as api,
            httpx.AsyncClient(trust_env=False, timeout=30) as client,
        ):
            yield House(up, api, store, client)
    finally:
        await store.close()
        await up.stop()
