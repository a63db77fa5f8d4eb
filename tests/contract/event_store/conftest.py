"""Every test here runs on every adapter; a new adapter is one more line in `ADAPTERS`."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from services.chassis.event_store import open_event_store
from services.chassis.event_store.port import EventStore

ADAPTERS: dict[str, Callable[[Path], str]] = {
    "sqlite": lambda folder: f"sqlite:///{folder / 'events.db'}",
}


@pytest.fixture(params=ADAPTERS)
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[EventStore]:
    opened = open_event_store(ADAPTERS[request.param](tmp_path))
    yield opened
    await opened.close()
