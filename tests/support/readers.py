"""A reading service in a process of its own, and somebody who reads from it."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Literal

import httpx
from httpx_sse import ServerSentEvent, aconnect_sse

from services.chassis.children import Child, free_port, start_child
from services.ingest.adapters.signing import Signer, open_signer
from trellis_contracts.rights import HEADER, Role

HOST = "127.0.0.1"


class Reader:
    """Somebody whom the front door lets through: each request has an identity of its own."""

    def __init__(self, url: str, signer: Signer, *, role: Role = Role.VIEWER) -> None:
        self.url, self._signer, self._role = url, signer, role
        self.client = httpx.AsyncClient(base_url=url, timeout=10)

    def identity(self) -> dict[str, str]:
        return {HEADER: self._signer.sign("person:ana", self._role)}

    async def get(self, path: str, **params: object) -> httpx.Response:
        asked = {name: str(value) for name, value in params.items()}
        return await self.client.get(path, params=asked, headers=self.identity())

    @asynccontextmanager
    async def events(
        self, path: str, *, last_event_id: str | None = None
    ) -> AsyncIterator[AsyncIterator[ServerSentEvent]]:
        """A stream of server-sent events, as a browser reads it."""
        resumed = {"Last-Event-ID": last_event_id} if last_event_id is not None else {}
        headers = {**self.identity(), **resumed}
        async with aconnect_sse(self.client, "GET", path, headers=headers) as source:
            assert source.response.status_code == 200, source.response.status_code
            yield source.aiter_sse()


@dataclass
class ReadingService:
    """Projections or logs, running; `data` is their data folder."""

    name: Literal["projections", "logs"]
    data: Path
    nats: Callable[[], str]
    reader: Reader
    port: int
    child: Child | None = None

    async def start(self) -> None:
        environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(Path(__file__).parents[2]),
            "TRELLIS_DATA": str(self.data),
            "TRELLIS_NATS": self.nats(),
            "TRELLIS_EVENT_STORE": f"sqlite:////{self.data.relative_to('/')}/events.sqlite",
            "TRELLIS_PORT": str(self.port),
            "TRELLIS_LOG_GAP_SECONDS": "0.5",
        }
        argv = [sys.executable, "-m", f"services.{self.name}"]
        log = self.data / f"{self.name}.log"
        self.child = await start_child(argv, log=log, environment=environment)
        await self.child.until_listening(HOST, self.port, timeout_seconds=60)

    async def kill(self) -> None:
        """Die as in a crash."""
        assert self.child
        os.kill(self.child.pid, 9)
        await self.child.wait()

    async def stop(self) -> None:
        if self.child:
            await self.child.stop()

    def log(self) -> str:
        return (self.data / f"{self.name}.log").read_text()

    async def ready(self) -> None:
        """Return once the service says that it can serve."""
        async with asyncio.timeout(30):
            while (await self.reader.client.get("/health/ready")).status_code != HTTPStatus.OK:  # noqa: ASYNC110 - another process
                await asyncio.sleep(0.02)


@asynccontextmanager
async def running_service(
    name: Literal["projections", "logs"], folder: Path, nats: Callable[[], str]
) -> AsyncIterator[ReadingService]:
    """The service on a port of its own, ended at the end."""
    data = folder / "data"
    (data / "identity").mkdir(parents=True, exist_ok=True)
    signer = open_signer(folder / "private.pem", data / "identity" / "public.pem")
    port = free_port()
    reader = Reader(f"http://{HOST}:{port}", signer)
    service = ReadingService(name, data, nats, reader, port)
    try:
        await service.start()
        await service.ready()
        yield service
    finally:
        await reader.client.aclose()
        await service.stop()
