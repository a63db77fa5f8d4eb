"""A directory with hooks, a GitHub that is asked, and a clock: who looks for missed deliveries."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

from pydantic import SecretStr

from services.ingest.adapters import github_api
from services.ingest.app import open_rooms
from services.ingest.handlers.missed import DeliveriesUnseen, Missed
from tests.support.actors.github_api import TOKEN, GitHubApi, served
from tests.support.clocks import SettableClock
from tests.support.ingest import ingest_settings
from trellis_contracts.names import new_id

HOOK = "h" * 32
OURS = f"https://ci.example/webhooks/github/{HOOK}"
EVERY = timedelta(minutes=5)
GUID = "72d3162e-cc78-11e3-81ab-4c9367dc0958"


async def well() -> None: ...


class Ground:
    """A directory with hooks, GitHub, a clock, and who looks."""

    def __init__(self, folder: Path, api: GitHubApi, clock: SettableClock) -> None:
        self.api, self.clock = api, clock
        self._rooms = open_rooms(ingest_settings(folder, "nats://127.0.0.1:1"), clock=clock)
        self.ready = well
        self.started()

    def started(self, token: str = TOKEN) -> None:
        """Begin anew, as a process does."""
        client = github_api.GitHubApi(self.api.url, SecretStr(token), clock=self.clock)
        self.missed = Missed(
            self._rooms.hooks, client, ready=self._is_ready, clock=self.clock, every=EVERY
        )

    async def _is_ready(self) -> None:
        await self.ready()

    async def open(self) -> None:
        await self._rooms.directory.open()

    async def close(self) -> None:
        await self._rooms.directory.close()
        await self.missed.close()

    async def connect(self, hook: str = HOOK, repository: str = "acme/orders") -> None:
        await self._rooms.hooks.add(
            hook, application=new_id(), repository=repository, made_by="person:ana"
        )

    async def later(self, by: timedelta = EVERY) -> None:
        self.clock.advance(by)
        await self.missed.tick()

    async def illness(self) -> str:
        try:
            await self.missed.well()
        except DeliveriesUnseen as ill:
            return str(ill)
        return ""


@asynccontextmanager
async def missed_ground(folder: Path, clock: SettableClock) -> AsyncIterator[Ground]:
    async with served(GitHubApi(clock=clock)) as api:
        ground = Ground(folder, api, clock)
        await ground.open()
        try:
            yield ground
        finally:
            await ground.close()


async def taken(_guid: str) -> int:
    """How a delivery goes that gets through."""
    return 202
