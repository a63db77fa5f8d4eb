"""A real bus for each test, quick to give up and quick to try again."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from services.chassis.bus.connection import Terms
from services.chassis.bus.sending import Bus
from services.chassis.bus_server import BusServer
from tests.support.nats import running_nats


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[BusServer]:
    async with running_nats(tmp_path) as running:
        yield running


@pytest.fixture
async def bus(server: BusServer) -> AsyncIterator[Bus]:
    made = Bus(server.url, service="orchestrator", terms=Terms(on_closed=_closed))
    yield made
    await made.stop()


def _closed() -> None:
    """A test whose connection is closed for good fails by itself; pytest is not to end."""
