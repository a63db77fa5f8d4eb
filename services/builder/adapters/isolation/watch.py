"""Follows one command: passes on what it prints, and ends it when it takes too long."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from enum import StrEnum
from typing import TypeVar

from services.builder.adapters.isolation.processes import Processes
from services.chassis.logging import get_logger

OnOutput = Callable[[bytes], Awaitable[None]]
T = TypeVar("T")

_TAIL = 2048
_KILLING_SECONDS = 5.0


class Reason(StrEnum):
    """Why a command ended. A cancelled one has no reason: its cancellation comes out of `run`."""

    EXITED = "exited"
    TIMED_OUT = "timed_out"
    SILENT = "silent"
    OUT_OF_MEMORY = "out_of_memory"
    """The machine had none left."""
    OUT_OF_ROOM = "out_of_room"
    """It took more memory than it was given."""


class Watch:
    """Passes on what a command prints, and ends it when it must."""

    def __init__(
        self, processes: Processes, on_output: OnOutput, *, silence: float | None, grace: float
    ) -> None:
        self.reason = Reason.EXITED
        self.tail = b""
        self._processes = processes
        self._on_output = on_output
        self._silence = silence
        self._grace = grace
        self._killing: asyncio.TimerHandle | None = None

    async def follow(self) -> None:
        """Pass on all output until every process has ended, whatever happens meanwhile."""
        passing = asyncio.ensure_future(self._pass_on())
        try:
            await asyncio.shield(passing)
        except asyncio.CancelledError:
            self._interrupt()
            await self._settle(passing)
            raise
        finally:
            if self._killing is not None:
                self._killing.cancel()

    def end(self, reason: Reason) -> None:
        """End the command for this reason; the first reason stands."""
        if self.reason is Reason.EXITED:
            self.reason = reason
            self._interrupt()

    def kill(self, reason: Reason) -> None:
        """Kill the command at once for this reason; the first reason stands."""
        if self.reason is Reason.EXITED:
            self.reason = reason
            self._processes.kill()

    def _interrupt(self) -> None:
        if self._killing is None:
            loop = asyncio.get_running_loop()
            self._killing = loop.call_later(self._grace, self._processes.kill)
            self._processes.interrupt()

    async def _settle(self, passing: asyncio.Future[None]) -> None:
        """Wait for the end of a cancelled command; when cancelled again, kill it at once."""
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.wait({passing}, timeout=self._grace + _KILLING_SECONDS)
        if not passing.done():
            passing.cancel()
            await asyncio.wait({passing})
        if not passing.cancelled() and passing.exception() is not None:
            get_logger().warning(
                "output of a cancelled command was lost", exc_info=passing.exception()
            )

    async def _pass_on(self) -> None:
        try:
            while chunk := await self._unless_silent(self._processes.read):
                self.tail = (self.tail + chunk)[-_TAIL:]
                await self._on_output(chunk)
            await self._unless_silent(self._processes.ended)
        except BaseException:
            self._processes.kill()
            await self._processes.ended()
            raise

    async def _unless_silent(self, wait: Callable[[], Awaitable[T]]) -> T:
        silence = self._silence if self.reason is Reason.EXITED else None
        try:
            async with asyncio.timeout(silence):
                return await wait()
        except TimeoutError:
            self.end(Reason.SILENT)
            return await wait()
