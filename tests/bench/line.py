"""The line: a rollback against the whole deploy that it undoes, on the local AWS."""

import asyncio
import tempfile
from pathlib import Path
from statistics import median

from cli.demo.stage import Stage
from tests.support.stack import DEMO, whole_trellis
from trellis_contracts.views import DeploymentView

_ROUNDS = 5


def measure() -> dict[str, dict[str, float]]:
    """Give rollback_vs_deploy: seconds of a rollback divided by those of a deploy, medians."""
    with tempfile.TemporaryDirectory() as folder:
        deploys, rollbacks = asyncio.run(_rounds(Path(folder)))
    row = {
        "ratio": median(rollbacks) / median(deploys),
        "p50_ms": median(rollbacks) * 1000,
        "p99_ms": max(rollbacks) * 1000,
        "deploy_p50_ms": median(deploys) * 1000,
    }
    return {"rollback_vs_deploy": row}


async def _rounds(folder: Path) -> tuple[list[float], list[float]]:
    deploys, rollbacks = [], []
    async with whole_trellis(folder) as stage:
        await _pushed(stage, await stage.connect(DEMO))
        for number in range(_ROUNDS):
            text = f"export const version = {number + 2};\n"
            commit = stage.commit({"function/version.mjs": text}, f"Version {number + 2}")
            deploys.append(await _pushed(stage, commit))
            decision = await stage.api.roll_back(stage.at("development"))
            rollbacks.append(_seconds(await stage.follow(decision)))
            await stage.api.resume(stage.at("development"))
    return deploys, rollbacks


async def _pushed(stage: Stage, commit: str) -> float:
    await stage.push(commit)
    return _seconds(await stage.follow(await stage.pushed("development", commit)))


def _seconds(view: DeploymentView) -> float:
    if view.failure or view.seconds is None:
        raise RuntimeError(f"this deployment was to succeed: {view.failure}")
    return view.seconds
