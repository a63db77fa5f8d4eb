"""Ingest as a process of its own."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx

from services.chassis.children import free_port


class Process:
    """The running process and how to reach it."""

    def __init__(self, process: asyncio.subprocess.Process, port: int) -> None:
        self.process, self.port = process, port
        self.url = f"http://127.0.0.1:{port}"

    def resident(self) -> int:
        """Bytes of memory that it holds."""
        pages = Path(f"/proc/{self.process.pid}/statm").read_text().split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE")

    async def until_ready(self) -> None:
        """Return once every part of it is well."""
        async with httpx.AsyncClient(base_url=self.url) as client, asyncio.timeout(30):
            while True:
                try:
                    if (await client.get("/health/ready")).status_code == 200:
                        return
                except httpx.TransportError:
                    assert self.process.returncode is None
                await asyncio.sleep(0.05)


async def started(
    folder: Path, nats_url: str, *arguments: str, port: int = 0, **environ: str
) -> asyncio.subprocess.Process:
    """Start it with everything below the folder; the arguments are its own."""
    environment = {
        "PATH": os.environ["PATH"],
        "TRELLIS_DATA": str(folder / "data"),
        "TRELLIS_KEYS": str(folder / "keys"),
        "TRELLIS_NATS": nats_url,
        "TRELLIS_PORT": str(port),
        **environ,
    }
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "services.ingest", *arguments),
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


@asynccontextmanager
async def running_process(folder: Path, nats_url: str, **environ: str) -> AsyncIterator[Process]:
    """The process from ready to ended."""
    port = free_port()
    running = Process(await started(folder, nats_url, port=port, **environ), port)
    try:
        await running.until_ready()
        yield running
    finally:
        if running.process.returncode is None:
            running.process.terminate()
        await asyncio.wait_for(running.process.communicate(), 10)
