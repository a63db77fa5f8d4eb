"""A whole Trellis as a person runs it, whose every process can be killed and found again.

Its local AWS runs beside it, since a supervisor that is killed takes its own one along.
"""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import httpx
from typing_extensions import override

from cli.client.api import Api
from cli.client.errors import NotReachable
from cli.client.http import Http
from cli.local_aws import LocalAws
from services.chassis.children import Child, free_port, start_child

LAUNCHER = Path(__file__).with_name("launcher.py")
START_SECONDS = 60.0
STEADY_SECONDS = 90.0
"""How long a person would go on trying."""


class SteadyHttp(Http):
    """Asks again when the front door is away too: every command has its key."""

    @override
    async def _patiently(self, request: httpx.Request) -> httpx.Response:
        async with asyncio.timeout(STEADY_SECONDS):
            while True:
                with suppress(NotReachable):
                    return await super()._patiently(request)
                await asyncio.sleep(0.1)


class SteadyApi(Api):
    """The API, asked by somebody who does not give up."""

    def __init__(self, url: str, token: str) -> None:
        super().__init__(url, token)
        self.http = SteadyHttp(url, token)


class Machine:
    """`launcher.py` as a process, on one data folder and one port, however often it is started."""

    def __init__(self, folder: Path, *, gate: Path, aws: LocalAws, git_origin: str) -> None:
        self.folder, self.data, self.aws = folder, folder / "data", aws
        self.port = free_port()
        self._environment = {
            **os.environ,
            "TRELLIS_DATA": str(self.data),
            "TRELLIS_PORT": str(self.port),
            "TRELLIS_KEYS": str(folder / "keys"),
            "TRELLIS_GIT_ORIGINS": git_origin,
            "TRELLIS_AWS_ENDPOINT": aws.endpoint,
            "TRELLIS_AWS_INSTANCE": aws.instance,
            "TRELLIS_FAILPOINTS": str(gate),
            "TRELLIS_HEARTBEAT_SECONDS": "1",
            "TRELLIS_LEASE_SECONDS": "4",
        }
        self._child: Child | None = None
        self.kept = True
        """Whether it is started again when its supervisor ends."""

    @property
    def url(self) -> str:
        """Its front door."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def supervisor(self) -> int:
        """The process that keeps the others."""
        assert self._child
        return self._child.pid

    @property
    def bus(self) -> int | None:
        """The process of nats-server; None while it is started again."""
        children = Path(f"/proc/{self.supervisor}/task/{self.supervisor}/children")
        for child in children.read_text().split():
            with suppress(OSError):
                if Path(f"/proc/{child}/comm").read_text().strip() == "nats-server":
                    return int(child)
        return None

    def api(self) -> SteadyApi:
        """Ask it as its administrator."""
        return SteadyApi(self.url, (self.data / "token").read_text().strip())

    async def start(self) -> None:
        """Return when it is up; an earlier one must be gone."""
        log = self.folder / "up.log"
        self._child = await start_child(
            [sys.executable, str(LAUNCHER)], log=log, environment=self._environment
        )
        async with asyncio.timeout(START_SECONDS), httpx.AsyncClient(trust_env=False) as client:
            while not await self._is_up(client):
                assert self._child.exit_code is None, log.read_text()[-2000:]
                await asyncio.sleep(0.05)

    async def keep(self) -> None:
        """Start it again whenever its supervisor was killed."""
        while self._child:
            await self._child.wait()
            if not self.kept:
                return
            await self.start()

    async def stop(self) -> None:
        """End all of it."""
        if self._child:
            await self._child.stop(patience_seconds=15)

    async def _is_up(self, client: httpx.AsyncClient) -> bool:
        try:
            return (await client.get(f"{self.url}/health/ready")).is_success
        except httpx.TransportError:
            return False


@asynccontextmanager
async def running(machine: Machine) -> AsyncIterator[Machine]:
    """The machine, kept up until the block ends."""
    await machine.start()
    keeping = asyncio.create_task(machine.keep())
    try:
        yield machine
    finally:
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)
        await machine.stop()
