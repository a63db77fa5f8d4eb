"""Keeps the parts of `trellis up` running: starts them in order and again, and stops them in order.

A part that ends is started again after a pause that grows; one that keeps ending is given up, and
with it everything: half a Trellis would only look like one.
"""

import asyncio
import signal
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from cli.exits import CliError
from cli.last_words import last_words

Say = Callable[[str], None]
"""Takes one line for a person to read."""


class Part(Protocol):
    """Something that runs: a server of ours or of others."""

    @property
    def name(self) -> str:
        """What a person calls it."""

    @property
    def log(self) -> Path:
        """Where its output lies."""

    @property
    def pid(self) -> int | None:
        """Its process, while it runs."""

    async def start(self) -> None:
        """Return when it is ready; also after it ended. Raises PartFailed."""

    async def wait(self) -> int:
        """Return its exit code once it ended."""

    async def stop(self) -> None:
        """End it; idempotent, and nothing of it is left."""


class PartFailed(CliError):
    """A part did not start; the sentence holds the end of what it wrote."""

    def __init__(self, part: str, reason: str, log: Path) -> None:
        super().__init__(f"{part} did not start: {reason}\n{last_words(log)}")
        self.part, self.log = part, log


class GaveUp(CliError):
    """A part ended again and again."""

    def __init__(self, part: str, times: int, log: Path) -> None:
        super().__init__(f"{part} ended {times} times in a row; giving up.\n{last_words(log)}")
        self.remedy = "Mend what its log names, then start again: nothing that was stored is lost."
        self.part, self.log = part, log


@dataclass(frozen=True, kw_only=True)
class Patience:
    """When a part that ended is started again, and how often before it is given up (seconds)."""

    first_pause: float = 0.5
    longest_pause: float = 30
    well_after: float = 30
    """A part that ran for so long begins with a clean sheet."""
    most_failures: int = 5

    def pause(self, failures: int) -> float:
        """Say how long to wait after so many failures in a row; not at all after none."""
        if failures == 0:
            return 0
        return float(min(self.first_pause * 2 ** (failures - 1), self.longest_pause))


async def _nothing_more(_part: str) -> None:
    return


class Supervisor:
    """Parts in stages: a stage begins when the one before it is ready, and ends before it ends."""

    def __init__(
        self,
        stages: Sequence[Sequence[Part]],
        *,
        say: Say,
        patience: Patience | None = None,
        on_restarted: Callable[[str], Awaitable[None]] = _nothing_more,
    ) -> None:
        """Takes the stages, and what to do when a part was started again."""
        self._stages = stages
        self._say, self._patience = say, patience or Patience()
        self._on_restarted = on_restarted
        self._keepers: list[asyncio.Task[None]] = []
        self._asked_to_restart: set[str] = set()

    def pid_of(self, name: str) -> int | None:
        """Give the process of a part; None: there is no such part, or it does not run."""
        return next((part.pid for part in self._parts() if part.name == name), None)

    async def start(self) -> None:
        """Return when every part is ready.

        Raises:
            PartFailed: one did not start, and all were stopped again.
        """
        try:
            for stage in self._stages:
                await self._begin(stage)
        except BaseException:
            await self.stop()
            raise
        self._keepers = [asyncio.create_task(self._keep(part)) for part in self._parts()]

    async def wait(self) -> None:
        """Return after `stop`.

        Raises:
            GaveUp: a part ended too often; the others still run, so call `stop`.
        """
        done, _ = await asyncio.wait(self._keepers, return_when=asyncio.FIRST_EXCEPTION)
        for keeper in done:
            if not keeper.cancelled():
                keeper.result()

    async def stop(self) -> None:
        """End every part, the last stage first; idempotent."""
        for keeper in self._keepers:
            keeper.cancel()
        await asyncio.gather(*self._keepers, return_exceptions=True)
        for stage in reversed(self._stages):
            await asyncio.gather(*(part.stop() for part in stage))

    async def restart(self, name: str) -> None:
        """End a part so that it is started again at once, with what its environment is now."""
        for part in self._parts():
            if part.name == name:
                self._asked_to_restart.add(name)
                await part.stop()

    def _parts(self) -> list[Part]:
        return [part for stage in self._stages for part in stage]

    async def _begin(self, stage: Sequence[Part]) -> None:
        beginnings = [asyncio.create_task(self._begin_one(part)) for part in stage]
        try:
            await asyncio.gather(*beginnings)
        finally:
            for beginning in beginnings:
                beginning.cancel()
            await asyncio.gather(*beginnings, return_exceptions=True)

    async def _begin_one(self, part: Part) -> None:
        loop = asyncio.get_running_loop()
        began = loop.time()
        await part.start()
        self._say(f"{part.name} is up ({loop.time() - began:.1f} s)")

    async def _keep(self, part: Part) -> None:
        loop, failures = asyncio.get_running_loop(), 0
        while True:
            began = loop.time()
            code = await part.wait()
            asked = part.name in self._asked_to_restart
            if asked or loop.time() - began >= self._patience.well_after:
                failures = 0
            if not asked:
                failures += 1
                self._say(f"{part.name} ended by itself ({_how(code)}); its log: {part.log}")
            self._asked_to_restart.discard(part.name)
            failures = await self._bring_back(part, failures)
            self._say(f"{part.name} is up again")
            if not asked:
                await self._on_restarted(part.name)

    async def _bring_back(self, part: Part, failures: int) -> int:
        """Start it again, however often that takes; give the number of failures in a row."""
        while failures < self._patience.most_failures:
            await asyncio.sleep(self._patience.pause(failures))
            try:
                await part.start()
            except PartFailed as failed:
                self._say(str(failed).splitlines()[0])
                failures += 1
            else:
                return failures
        raise GaveUp(part.name, failures, part.log)


def _how(code: int) -> str:
    if code >= 0:
        return f"exit status {code}"
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"signal {-code}"
