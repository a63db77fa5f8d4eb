"""A whole Trellis with an application, on disks of its own, and somebody who looks after it."""

import asyncio
import json
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import httpx

from cli.client.answers import Created, Place
from cli.client.api import Api
from cli.exits import CliError
from cli.supervisor import Patience
from cli.up import Up, UpSettings
from services.chassis.event_store import open_event_store
from services.chassis.recording import to_recorded
from tests.support.actors.github import ZEROS, GitHub
from trellis_contracts.health import HealthView
from trellis_contracts.pushes import PushReceived, PushRouted
from trellis_contracts.subjects import delivery_stream

REPOSITORY = "acme/orders"


class Wrong(AssertionError):
    """Something was not as it is promised."""


def require(holds: object, what: str) -> None:
    """Raise Wrong unless it holds."""
    if not holds:
        raise Wrong(what)


@dataclass
class Town:
    """What an outage happens to."""

    up: Up
    api: Api
    created: Created
    client: httpx.AsyncClient
    acknowledged: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    """What `trellis up` said, line by line."""

    @property
    def data(self) -> Path:
        """Its data folder."""
        return self.up.folder.path

    @property
    def at(self) -> Place:
        """The application's development."""
        return Place(self.created.application_id, self.created.environments["development"])

    async def push(self, delivery: str | None = None) -> httpx.Response:
        """Deliver a push of a branch of its own; one that is taken is remembered."""
        delivery = delivery or str(uuid4())
        github = GitHub(self.created.webhook.secret, REPOSITORY)
        body = json.dumps(github.push(f"branch-{delivery}", before=ZEROS)).encode()
        headers = github.headers(body, delivery=delivery)
        answer = await self.client.post(self.created.webhook.url, content=body, headers=headers)
        if answer.status_code == httpx.codes.ACCEPTED:
            self.acknowledged.append(delivery)
        return answer

    async def command(self, value: str) -> httpx.Response:
        """Set a variable, without the patience of the command line."""
        environment = f"applications/{self.at.application_id}/environments/{self.at.environment_id}"
        return await self.client.put(
            f"{self.up.url}/api/v1/{environment}/variables/TOWN",
            json={"value": value},
            headers={"Authorization": f"Bearer {self.up.token}"},
        )

    async def ill(self) -> dict[str, str]:
        """What the installation says is ill: `service part` with its sentence."""
        health = await self.health()
        return {
            f"{service} {part}": said
            for service, parts in health.services.items()
            for part, said in parts.items()
            if said != "ok"
        }

    async def health(self) -> HealthView:
        """What `trellis health` is told."""
        return await self.api.health()

    async def until(
        self, what: str, holds: Callable[[], Awaitable[object]], *, within: float = 30
    ) -> float:
        """Wait until it holds; give the seconds that it took. Raises Wrong."""
        began = time.monotonic()
        while time.monotonic() - began < within:
            with suppress(httpx.TransportError, CliError):
                if await holds():
                    return time.monotonic() - began
            await asyncio.sleep(0.1)
        raise Wrong(f"within {within:.0f} s it did not come to this: {what}")

    async def until_all_is_decided(self, *, within: float = 30) -> float:
        """Wait until every delivery that was taken is recorded and routed, each once."""

        async def decided() -> bool:
            return all([await self._is_decided(one) for one in self.acknowledged])

        return await self.until("every push that was taken is decided", decided, within=within)

    async def until_well(self, *, within: float = 30) -> float:
        """Wait until nothing is ill."""

        async def well() -> bool:
            return not await self.ill()

        return await self.until("everything is well", well, within=within)

    async def _is_decided(self, delivery: str) -> bool:
        store = open_event_store(f"sqlite://{self.store_file}", read_only=True)
        try:
            read = store.read_stream(delivery_stream(delivery))
            events = [to_recorded(event, previous=None).event async for event in read]
        finally:
            await store.close()
        kinds = [type(event) for event in events]
        require(len(kinds) == len(set(kinds)), f"a push was recorded twice: {kinds}")
        return kinds == [PushReceived, PushRouted]

    store_file: Path = Path()


@asynccontextmanager
async def town(folder: Path, **environ: str) -> AsyncIterator[Town]:
    """Everything up, and an application."""
    given = {
        "PATH": os.environ["PATH"],
        "TRELLIS_KEYS": str(folder / "keys"),
        "TRELLIS_POLL_SECONDS": "3600",
        **environ,
    }
    said: list[str] = []
    patience = Patience(first_pause=0.2, longest_pause=1, most_failures=1000)
    up = Up(
        UpSettings(data=folder / "data", port=0, environ=given, pointer=None, patience=patience),
        say=said.append,
    )
    await up.start()
    try:
        async with (
            Api(up.url, up.token, patience_seconds=0) as api,
            httpx.AsyncClient(trust_env=False, timeout=30) as client,
        ):
            created = await api.create_application("orders", f"https://github.com/{REPOSITORY}")
            made = Town(up, api, created, client, said=said)
            made.store_file = folder / "data" / "events.sqlite"
            yield made
    finally:
        await up.stop()
