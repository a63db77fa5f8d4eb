"""Ingest behind no socket, on a real bus."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.ingest import RunningIngest, running_ingest


@pytest.fixture
async def ingest(tmp_path: Path, nats_url: str) -> AsyncIterator[RunningIngest]:
    async with running_ingest(tmp_path, nats_url) as running:
        yield running
