"""What the deployer says in its thread stands in the run's log, in order."""

import asyncio
from types import SimpleNamespace
from typing import Any, cast
from uuid import uuid4

import pytest

from services.builder.adapters.attempt import Attempt, Stop
from services.builder.adapters.runner import Runner
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


def told_to_stop(*reasons: Stop) -> Any:  # noqa: ANN401 - an attempt, as far as a stop needs it
    """An attempt in the cloud that was told to stop, for one reason after the other."""
    nothing: Any = SimpleNamespace(conditions=SimpleNamespace(slots=1))
    runner = Runner(nothing, nothing, workshop=nothing, steps=nothing, clock=nothing)
    attempt: Any = SimpleNamespace(
        stop=None, stopped=asyncio.Event(), in_the_cloud=True, seconds_left=lambda: 60.0
    )
    run_id = uuid4()
    runner._attempts[run_id], runner._tasks[run_id] = attempt, nothing
    for why in reasons:
        runner.stop(run_id, why)
    return attempt


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("reasons", "lost"),
    [
        ((Stop.CANCELLED,), False),
        ((Stop.STALE,), True),
        ((Stop.CANCELLED, Stop.STALE), True),
        ((Stop.STALE, Stop.CANCELLED), True),
    ],
)
async def test_the_deployer_learns_that_the_environment_is_another_runs_also_after_a_cancel(
    reasons: tuple[Stop, ...], *, lost: bool
) -> None:
    attempt = told_to_stop(*reasons)

    async with cloud.watched(attempt) as watch:
        await asyncio.sleep(0)
        assert watch.stop.is_set()
        assert watch.lost() is lost
