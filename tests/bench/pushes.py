"""From a push to a run: one at a time against doing it by hand, and two hundred at once.

Run as `python -m tests.bench pushes`.
"""

import asyncio
import statistics
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

from cli.demo.stage import Stage
from tests.bench.terms import SHORT
from tests.support.git import folder_of_files
from tests.support.stack import whole_trellis
from trellis_contracts.sentences import has_ended
from trellis_contracts.steps import Step
from trellis_contracts.views import DeploymentView, StepView

ROUNDS = 4 if SHORT else 12
PUSHES = 20 if SHORT else 200
_BURST = "acme/burst"
_WITHIN = 300.0

_FILES = {
    "package.json": '{"name": "bench", "version": "1.0.0"}',
    "sst.config.ts": "export default {};",
}
"""It is checked out and its packages are installed; that SST is none of them, ends it."""


def measure() -> dict[str, dict[str, float]]:
    """Return `push_to_run` and `burst_200`.

    `push_to_run`: ms from sending the webhook until the first program of the application is
    started in isolation, and the `ratio` to `git clone` and the start of a program by hand.
    `burst_200`: runs started a second when so many pushes come at once, to as many applications;
    the `ratio` to doing it by hand, one after another; and how many are `missing`.
    """
    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(_measure(Path(folder)))


async def _measure(folder: Path) -> dict[str, dict[str, float]]:
    async with _running(folder) as stage:
        alone = await _one_by_one(stage, folder)
        files = folder_of_files(folder / "empty", {"README.md": "No framework is found here."})
        stage.git.create_repository(_BURST, files)
        return {"push_to_run": alone, "burst_200": await _burst(stage, alone["by_hand_ms"])}


@asynccontextmanager
async def _running(folder: Path) -> AsyncIterator[Stage]:
    files = folder_of_files(folder / "source", _FILES)
    async with whole_trellis(folder, TRELLIS_POLL_SECONDS="3600") as stage:
        await stage.connect(files)
        yield stage


async def _one_by_one(stage: Stage, folder: Path) -> dict[str, float]:
    ours, by_hand = [], []
    for number in range(ROUNDS):
        commit = stage.commit({"n.txt": str(number)}, f"Change {number}")
        sent = datetime.now(UTC)
        await stage.push(commit)
        view = await stage.follow(await stage.pushed("development", commit))
        ours.append((_step(view, Step.INSTALL).started_at - sent).total_seconds())
        target = folder / f"by-hand-{number}"
        by_hand.append(await asyncio.to_thread(_by_hand, stage, target))
    return {
        "ratio": statistics.median(ours) / statistics.median(by_hand),
        "p50_ms": 1000 * statistics.median(ours),
        "p99_ms": 1000 * max(ours),
        "by_hand_ms": 1000 * statistics.median(by_hand),
    }


def _by_hand(stage: Stage, target: Path) -> float:
    began = time.perf_counter()
    clone = ["git", "clone", "-q", "--depth", "1", stage.git.url(stage.repository), str(target)]
    subprocess.run(clone, check=True)
    subprocess.run(["node", "--version"], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


def _step(view: DeploymentView, step: Step) -> StepView:
    return next(one for run in view.runs for one in run.steps if one.step is step)


async def _burst(stage: Stage, by_hand_ms: float) -> dict[str, float]:
    """Each application is one of its own, so that none of the pushes supersedes another."""
    stages = [await _another(stage, number) for number in range(PUSHES)]
    while (await stage.api.health()).waiting.get("runs"):  # noqa: ASYNC110 - the first questions
        await asyncio.sleep(0.1)
    head = stage.git.commit(_BURST, {"README.md": "Something new."}, "Change")
    began = datetime.now(UTC)
    await asyncio.gather(*(one.push(head) for one in stages))
    views = [view for view in await asyncio.gather(*(_ended(one, head) for one in stages)) if view]
    started = sorted((view.runs[0].started_at - began).total_seconds() for view in views)
    rate = len(started) / started[-1]
    return {
        "ratio": rate * by_hand_ms / 1000,
        "p50_ms": 1000 * statistics.median(started),
        "p99_ms": 1000 * started[-1],
        "started_per_second": rate,
        "missing": float(PUSHES - len(views)),
    }


async def _another(stage: Stage, number: int) -> Stage:
    another = Stage(stage.up, stage.api, stage.git, f"burst-{number}", _BURST)
    another.created = await stage.api.create_application(another.name, stage.git.url(_BURST))
    return another


async def _ended(stage: Stage, commit: str) -> DeploymentView | None:
    environment = stage.at("development").environment_id
    give_up = time.monotonic() + _WITHIN
    while time.monotonic() < give_up:
        for view in await stage.api.deployments(environment, limit=1):
            if view.commit == commit and has_ended(view):
                return view
        await asyncio.sleep(0.5)
    return None
