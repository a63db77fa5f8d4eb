"""A real Caddy before a real server."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import uvicorn

from cli.front_door import Address, Door, FrontDoor
from services.chassis.children import free_port
from tests.integration.front_door.behind import Behind
from tests.support.until import until
from trellis_contracts.routes import ROUTES


@pytest.fixture
async def behind() -> AsyncIterator[tuple[Behind, str]]:
    """The services, and where they are."""
    played, port = Behind(), free_port()
    server = uvicorn.Server(
        uvicorn.Config(played.app, port=port, log_config=None, timeout_graceful_shutdown=1)
    )
    running = asyncio.create_task(server._serve())
    await until(lambda: server.started)
    yield played, f"127.0.0.1:{port}"
    server.should_exit = True
    await running


@pytest.fixture
def door(behind: tuple[Behind, str]) -> Door:
    upstreams = dict.fromkeys(("ingest", "projections", "logs", "dashboard"), behind[1])
    return Door(
        routes=ROUTES,
        upstreams=upstreams,
        identity=behind[1],
        address=Address(port=free_port()),
    )


@pytest.fixture
async def client(door: Door, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A client that comes through the door."""
    opened = FrontDoor(tmp_path, door)
    async with httpx.AsyncClient(base_url=await opened.start()) as made:
        yield made
    await opened.stop()
