"""What the deployer says in its thread stands in the run's log, in order."""

import asyncio
from types import SimpleNamespace
from typing import cast

import pytest

from services.builder.adapters.attempt import Attempt
from services.builder.adapters.steps import cloud


@pytest.mark.asyncio
async def test_what_the_deployer_says_comes_into_the_runs_log_in_order() -> None:
    lines: list[str] = []

    async def say(text: str) -> None:
        lines.append(text)

    log = SimpleNamespace(say=say)
    told = SimpleNamespace(log=log, stopped=asyncio.Event(), seconds_left=lambda: 60.0)

    async with cloud.watched(cast("Attempt", told)) as watch:
        for text in ("Waiting", "Continuing"):
            await asyncio.to_thread(watch.say, text)
        await asyncio.sleep(0)

    assert lines == ["Waiting", "Continuing"]
