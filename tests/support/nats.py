"""A real nats-server for tests, in a folder of its own, ended by whoever started it."""

import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from services.chassis.bus_server import BusServer


@asynccontextmanager
async def running_nats(folder: Path) -> AsyncIterator[BusServer]:
    """The embedded bus of a data folder; stopped at the end, even if it was killed in between."""
    server = BusServer(folder)
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


async def kill_nats(server: BusServer) -> None:
    """The server dies as in a crash: nothing is written any more."""
    assert server.pid is not None
    os.kill(server.pid, signal.SIGKILL)
    await server.wait()
