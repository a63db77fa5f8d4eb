"""Ingest behind the real front door, with the first administrator's token."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from cli.front_door import Address, Door, FrontDoor
from cli.own_authority import trusting
from services.ingest.app import bootstrap
from tests.support.actors.orchestrator import AnsweringOrchestrator
from tests.support.ingest import ingest_settings
from tests.support.ingest_process import running_process
from trellis_contracts.routes import ROUTES


@dataclass(frozen=True)
class OpenDoor:
    """Where the door is, and a token that opens it."""

    origin: str
    token: str
    folder: Path

    def browser(self, **headers: str) -> httpx.AsyncClient:
        """A client with cookies and without a token, which follows no redirect by itself."""
        accepts = {"Accept": "text/html,application/xhtml+xml", "Sec-Fetch-Mode": "navigate"}
        verify = trusting(self.folder) if self.origin.startswith("https:") else True
        return httpx.AsyncClient(base_url=self.origin, headers=accepts | headers, verify=verify)


@asynccontextmanager
async def open_door(folder: Path, nats_url: str, address: Address) -> AsyncIterator[OpenDoor]:
    """Everything that a request from outside meets, as far as ingest."""
    token = await bootstrap(ingest_settings(folder, nats_url), actor="person:ana")
    assert token
    orchestrator = AnsweringOrchestrator(nats_url)
    await orchestrator.start()
    async with running_process(folder, nats_url) as ingest:
        upstream = f"127.0.0.1:{ingest.port}"
        behind = dict.fromkeys(("ingest", "projections", "logs", "dashboard"), upstream)
        door = FrontDoor(
            folder, Door(routes=ROUTES, upstreams=behind, identity=upstream, address=address)
        )
        origin = await door.start()
        try:
            yield OpenDoor(origin, token.get_secret_value(), folder)
        finally:
            await door.stop()
            await orchestrator.stop()
