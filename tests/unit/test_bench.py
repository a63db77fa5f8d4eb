"""What the benchmarks compare is measured alike, whole, and never made up."""

import asyncio
import importlib
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from playwright.async_api import Page

from cli.demo.stage import Stage
from tests.bench import __main__ as bench
from tests.bench import pixel, real
from tests.rigs.corpus.by_hand import Terminal
from tests.support.deployment_views import NOW, view
from trellis_contracts.steps import Step
from trellis_contracts.views import DeploymentState, StepView


@pytest.mark.parametrize("steps", [(), (StepView(step=Step.INSTALL, started_at=NOW),)])
def test_a_duration_that_nobody_told_is_no_zero(steps: tuple[StepView, ...]) -> None:
    with pytest.raises(real.NotMeasured, match="install"):
        real.step_seconds(view(*steps), Step.INSTALL)


def test_a_deployment_that_failed_is_not_measured() -> None:
    with pytest.raises(real.NotMeasured):
        real.succeeded(view(state=DeploymentState.FAILED))


def test_by_hand_has_as_many_rounds_as_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "app" / ".sst" / "dist").mkdir(parents=True)
    (tmp_path / "app" / "src").mkdir()
    rounds = [(10.0, 20.0, 30.0), (1.0, 2.0, 3.0)]
    answers = iter([7.0, *(seconds for one in rounds for seconds in one)])
    monkeypatch.setattr(real, "_seconds", lambda *_commands, **_environment: next(answers))
    terminal = cast("Terminal", SimpleNamespace(folder=tmp_path / "app", home=tmp_path))
    taken = real.Taken(first=[5])

    real._typed(terminal, taken, len(rounds))

    assert taken == real.Taken(first=[5, 7], install=[10, 1], repeated=[30, 3], from_kept=[30, 3])
    assert next(answers, None) is None


def test_either_way_has_as_many_first_deploys_in_turns_and_as_many_more_at_last(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = list[tuple[str, int]]()

    def way(name: str) -> Callable[[Path, real.Taken, int], Awaitable[None]]:
        async def deploy(_folder: Path, taken: real.Taken, more: int) -> None:
            asked.append((name, more))
            for seconds in vars(taken).values():
                seconds.append(1.0)

        return deploy

    monkeypatch.setattr(real, "SHORT", False)
    monkeypatch.setattr(real, "_by_hand", way("hand"))
    monkeypatch.setattr(real, "_by_trellis", way("trellis"))

    real.measure()

    more = [*[0] * (real.ROUNDS - 1), real.ROUNDS]
    assert asked == [(name, number) for number in more for name in ("hand", "trellis")]


def test_the_medians_of_either_way_are_compared() -> None:
    row = real._row([9.0, 2.0, 3.0], [6.0, 100.0, 1.0])

    assert row == {"ratio": 0.5, "p50_ms": 3000, "by_hand_ms": 6000}


def test_one_that_fails_takes_no_figures_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = SimpleNamespace(measure=lambda: {"good": {"ratio": 1.0}})
    monkeypatch.setattr(bench, "RESULT", tmp_path / "build" / "bench.json")
    monkeypatch.setattr(importlib, "import_module", {"tests.bench.good": good}.__getitem__)

    figures, failed = bench.measure(["bad", "good", "worse"])

    assert (figures, failed) == ({"good": {"ratio": 1.0}}, ["bad", "worse"])
    assert json.loads(bench.RESULT.read_text()) == figures


def test_the_highest_percentile_is_not_the_worst_case() -> None:
    measured = pixel.summary([*[0.01] * 99, 1.0], [0.01] * 100)

    assert measured["p50_ms"] == pytest.approx(10)
    assert 10 < measured["p99_ms"] < 100


async def test_the_clock_runs_while_the_command_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    answered = asyncio.Event()

    async def set_variable(*_asked: Any) -> None:  # noqa: ANN401 - whatever is asked
        await asyncio.sleep(0.05)
        answered.set()

    async def told(*_where: Any) -> float:  # noqa: ANN401 - wherever one looks
        await answered.wait()
        return asyncio.get_running_loop().time()

    monkeypatch.setattr(pixel, "_seen", told)
    monkeypatch.setattr(pixel, "_heard", told)
    api = SimpleNamespace(set_variable=set_variable)
    stage = cast("Stage", SimpleNamespace(api=api, at=lambda name: name))

    assert min(await pixel.once(stage, cast("Page", None), "value")) >= 0.05
