"""Starts the program that appends, and ends it without a chance to tidy up."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

PROGRAM = Path(__file__).with_name("appending_program.py")
WAIT_SECONDS = 30.0
APPENDERS = 8


@dataclass(frozen=True)
class Acknowledged:
    stream: str
    version: int
    position: int


@dataclass
class Appending:
    """A living writer process."""

    process: asyncio.subprocess.Process

    async def acknowledged(self, count: int) -> list[Acknowledged]:
        return [await self._next() for _ in range(count)]

    async def kill(self) -> list[Acknowledged]:
        """Kill -9; returns what it had still acknowledged."""
        self.process.kill()
        rest, _ = await self.process.communicate()
        return parsed(rest)

    async def _next(self) -> Acknowledged:
        assert self.process.stdout
        line = await asyncio.wait_for(self.process.stdout.readline(), WAIT_SECONDS)
        assert line, "the writer ended by itself; its reason is on stderr"
        return parsed(line)[0]


@asynccontextmanager
async def appending(url: str) -> AsyncIterator[Appending]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(PROGRAM), url, str(APPENDERS), stdout=asyncio.subprocess.PIPE
    )
    try:
        yield Appending(process)
    finally:
        if process.returncode is None:
            process.kill()
            await process.communicate()


def parsed(output: bytes) -> list[Acknowledged]:
    """Return what whole lines say."""
    whole, _, _ = output.rpartition(b"\n")
    fields = [line.decode().split() for line in whole.splitlines()]
    return [Acknowledged(stream, int(version), int(at)) for stream, version, at in fields]
