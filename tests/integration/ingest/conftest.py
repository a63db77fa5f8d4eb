"""Ingest behind no socket, on a real bus."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.clocks import SettableClock
from tests.support.ingest import RunningIngest, running_ingest
from tests.support.missed import OURS, Ground, missed_ground


@pytest.fixture
async def ingest(tmp_path: Path, nats_url: str) -> AsyncIterator[RunningIngest]:
    async with running_ingest(tmp_path, nats_url) as running:
        yield running


@pytest.fixture
async def ground(tmp_path: Path) -> AsyncIterator[Ground]:
    async with missed_ground(tmp_path, SettableClock()) as made:
        await made.connect()
        made.api.hook("acme/orders", "https://ci.example/webhooks/github/of-somebody-else")
        made.api.hook("acme/orders", OURS)
        yield made
