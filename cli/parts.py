"""The parts of `trellis up`, each made into what the supervisor keeps: ready, or failed and why."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import httpx

from cli.local_aws import LocalAws
from cli.local_aws_installation import LocalAwsError
from cli.supervisor import PartFailed
from services.chassis.children import Child, ChildFailed, start_child
from services.chassis.serving import PortTaken

START_SECONDS = 45.0
_ILL_SECONDS = 8.0
"""How long a service that answers may be ill before it is taken as it is."""

_PAUSE_SECONDS = 0.05
_STOP_SECONDS = 5.0
_LOOK_SECONDS = 0.2


@dataclass
class ServicePart:
    """One of our services, or several in one process, which never sees this folder.

    It is ready when each one's `/health/ready` says so, or answers but stays ill: then `on_ill` is
    told what it says, because a builder without isolation, say, must not hide everything else.
    """

    name: str
    argv: Sequence[str]
    log: Path
    ports: Mapping[str, int]
    """Of each service in it, on loopback."""
    environment: Callable[[], Mapping[str, str]]
    """Asked at each start."""
    on_ill: Callable[[str], None]
    _child: Child | None = field(default=None, init=False)

    @property
    def pid(self) -> int | None:
        """Its process."""
        return self._child.pid if self._child and self._child.exit_code is None else None

    async def start(self) -> None:
        """Return when it is ready. Raises PartFailed."""
        try:
            child = await start_child(self.argv, log=self.log, environment=self.environment())
        except ChildFailed as failed:
            raise PartFailed(self.name, failed.reason, self.log) from failed
        self._child = child
        try:
            async with asyncio.timeout(START_SECONDS):
                async with httpx.AsyncClient(trust_env=False, timeout=10) as client:
                    for name, port in self.ports.items():
                        await self._until_ready(name, port, child=child, client=client)
        except TimeoutError:
            await self.stop()
            reason = f"it did not answer within {START_SECONDS:.0f} s"
            raise PartFailed(self.name, reason, self.log) from None

    async def wait(self) -> int:
        """Return its exit code once it ended."""
        return await self._child.wait() if self._child else 0

    async def stop(self) -> None:
        """End it, by force when it takes longer than five seconds."""
        if self._child:
            await self._child.stop(patience_seconds=_STOP_SECONDS)

    async def _until_ready(
        self, name: str, port: int, *, child: Child, client: httpx.AsyncClient
    ) -> None:
        loop, ill_since = asyncio.get_running_loop(), None
        while child.exit_code is None:
            said = await _health(client, f"http://127.0.0.1:{port}/health/ready")
            if said == "":
                return
            ill_since = None if said is None else ill_since or loop.time()
            if said and ill_since and loop.time() - ill_since > _ILL_SECONDS:
                self.on_ill(f"{name} is up but ill: {said}")
                return
            await asyncio.sleep(_PAUSE_SECONDS)
        raise PartFailed(self.name, f"it ended with {child.exit_code}", self.log)


async def _health(client: httpx.AsyncClient, url: str) -> str | None:
    """What is ill with it; empty: nothing; None: it does not answer yet."""
    try:
        answer = await client.get(url)
        parts: dict[str, str] = answer.json()
    except (httpx.TransportError, ValueError):
        return None
    return "; ".join(f"{part}: {said}" for part, said in parts.items() if said != "ok")


class Program(Protocol):
    """A supervised program of its own: the bus or the front door."""

    @property
    def pid(self) -> int | None:
        """Its process."""

    async def start(self) -> str:
        """Return its URL once it listens."""

    async def wait(self) -> int:
        """Return its exit code once it ended."""

    async def stop(self) -> None:
        """End it."""


@dataclass
class ProgramPart:
    """A program that others wrote: the bus or the front door."""

    name: str
    program: Program
    log: Path

    @property
    def pid(self) -> int | None:
        """Its process."""
        return self.program.pid

    async def start(self) -> None:
        """Return when it listens. Raises PartFailed."""
        try:
            await self.program.start()
        except (ChildFailed, PortTaken) as failed:
            raise PartFailed(self.name, str(failed), self.log) from failed

    async def wait(self) -> int:
        """Return its exit code once it ended."""
        return await self.program.wait()

    async def stop(self) -> None:
        """End it."""
        await self.program.stop()


@dataclass
class LocalAwsPart:
    """The local AWS, which is a new one after each start."""

    aws: LocalAws
    name: str = "local AWS"

    @property
    def log(self) -> Path:
        """Where its output lies."""
        return self.aws.log

    @property
    def pid(self) -> int | None:
        """Its process."""
        return self.aws.process_group if self.aws.running else None

    async def start(self) -> None:
        """Return when it answers. Raises PartFailed."""
        try:
            await asyncio.to_thread(self.aws.stop)
            await asyncio.to_thread(self.aws.start)
        except LocalAwsError as failed:
            raise PartFailed(self.name, str(failed), self.log) from failed

    async def wait(self) -> int:
        """Return 1 once it ended: what ended it does not matter, it is another one then."""
        while self.aws.running:  # noqa: ASYNC110 - the process is no child of this event loop
            await asyncio.sleep(_LOOK_SECONDS)
        return 1

    async def stop(self) -> None:
        """End it, and the functions that it runs."""
        await asyncio.to_thread(self.aws.stop)
