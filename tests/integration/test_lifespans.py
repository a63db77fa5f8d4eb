"""A service that ends, however it ends, leaves no task and no connection behind."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from starlette.applications import Starlette

from services.chassis.event_store import open_event_store
from services.chassis.settings import read_settings
from services.logs.app import create_app as create_logs
from services.logs.settings import LogsSettings
from services.projections.app import create_app as create_projections
from services.projections.settings import ProjectionsSettings
from tests.support.nats import running_nats


def logs(folder: Path, url: str) -> Starlette:
    return create_logs(read_settings(LogsSettings, data=folder, nats=url))


def projections(folder: Path, url: str) -> Starlette:
    return create_projections(read_settings(ProjectionsSettings, data=folder, nats=url))


class Interrupted(Exception):
    """What a server that dies throws into a lifespan."""


@pytest.mark.parametrize("make", [logs, projections])
async def test_a_lifespan_that_is_interrupted_ends_what_it_began(
    make: Callable[[Path, str], Starlette], tmp_path: Path
) -> None:
    store = open_event_store(f"sqlite:///{tmp_path}/events.sqlite")
    async with running_nats(tmp_path / "nats") as nats:
        before = asyncio.all_tasks()
        app = make(tmp_path, nats.url)
        with pytest.raises(Interrupted):
            await _interrupted(app, before)
        async with asyncio.timeout(10):
            await _all_ended(before)
    await store.close()


async def _interrupted(app: Starlette, before: set["asyncio.Task[object]"]) -> None:
    async with app.router.lifespan_context(app):
        assert asyncio.all_tasks() > before
        raise Interrupted


async def _all_ended(before: set["asyncio.Task[object]"]) -> None:
    while left := asyncio.all_tasks() - before:
        await asyncio.wait(left)
