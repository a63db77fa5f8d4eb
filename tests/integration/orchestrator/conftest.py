"""An orchestrator whose application has had its first push, and a builder that deployed it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.actors.builder import ObedientBuilder, running_builder
from tests.support.deployments import A
from tests.support.orchestration import DEPLOYED, Asker, push, running_orchestrator


@pytest.fixture
async def asker(tmp_path: Path, nats_url: str) -> AsyncIterator[Asker]:
    async with running_orchestrator(tmp_path / "data", nats_url, poll_seconds=3600) as asker:
        await asker.create_shop()
        await asker.deliver(push("first", after=A, before="0" * 40))
        await asker.until_routed("first")
        yield asker


@pytest.fixture
async def builder(nats_url: str, asker: Asker) -> AsyncIterator[ObedientBuilder]:
    """A builder that has just deployed the first push."""
    async with running_builder(nats_url, heads={"main": A}) as builder:
        await builder.succeed(await builder.next_run())
        assert tuple(await asker.names()) == DEPLOYED
        yield builder
