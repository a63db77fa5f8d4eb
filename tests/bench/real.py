"""A real SST v2 application through Trellis, against what somebody types: `npm ci`, `sst deploy`.

Both on a local AWS, with nothing kept from before for the first deploys. In the short form nothing
is measured: it takes about eight minutes. Run as `python -m tests.bench real`.
"""

import asyncio
import secrets
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from cli.demo.stage import Stage
from cli.local_aws import LocalAws
from tests.bench.terms import SHORT
from tests.rigs.corpus.account import REGION, Account
from tests.rigs.corpus.by_hand import STAGE, Terminal
from tests.rigs.corpus.toolchain import installed_tools
from tests.support.aws import INSTALLATION
from tests.support.stack import whole_trellis
from trellis_contracts.steps import Step
from trellis_contracts.views import DeploymentState, DeploymentView

SST = Path(__file__).parents[2] / "deploy" / "demo_sst"
_DEPLOY = ("sst", "deploy", "--stage", STAGE, "--region", REGION)
ROUNDS = 3
"""Of everything but the first deploys, by either way; their medians are compared."""


class NotMeasured(Exception):
    """What was to be measured did not happen, or nobody said how long it took."""


@dataclass
class Taken:
    """Seconds of one way."""

    first: float
    repeated: float
    rollback: float
    install: float
    from_kept: float = 0


def measure() -> dict[str, dict[str, float]]:
    """Return `sst_first`, `sst_repeated`, `sst_rollback`, `sst_rollback_of_kept`, `dependencies`.

    `ratio` is Trellis's time, from the push to the end of the deployment, to that by hand: medians
    of as many rounds. The rollback by hand is another `npm ci` and
    `sst deploy`, or `sst deploy --from` of a build that somebody kept; `dependencies` compares the
    step that finds them in the store with `npm ci` and a warm cache.
    """
    if SHORT:
        return {}
    with tempfile.TemporaryDirectory() as folder:
        by_hand = asyncio.run(_by_hand(Path(folder) / "hand"))
        trellis = asyncio.run(_by_trellis(Path(folder) / "trellis"))
    return {
        "sst_first": _row(trellis.first, by_hand.first),
        "sst_repeated": _row(trellis.repeated, by_hand.repeated),
        "sst_rollback": _row(trellis.rollback, by_hand.rollback),
        "sst_rollback_of_kept": _row(trellis.rollback, by_hand.from_kept),
        "dependencies": _row(trellis.install, by_hand.install),
    }


def _row(trellis: float, by_hand: float) -> dict[str, float]:
    return {"ratio": trellis / by_hand, "p50_ms": trellis * 1000, "by_hand_ms": by_hand * 1000}


async def _by_hand(folder: Path) -> Taken:
    with _local_aws(folder / "aws") as aws:
        account = Account(str(10**11 + secrets.randbelow(9 * 10**11)), aws)
        source = Path(shutil.copytree(SST, folder / "source"))
        (folder / "home").mkdir()
        terminal = Terminal(source, account, await installed_tools(), folder / "home")
        return await asyncio.to_thread(_typed, terminal, folder / "home")


def _typed(terminal: Terminal, home: Path) -> Taken:
    """First with an empty cache of npm, then again and again with that of the first time."""
    cache = {"npm_config_cache": str(home / "npm")}
    first = _seconds(terminal, ("npm", "ci"), _DEPLOY, **cache)
    shutil.copytree(terminal.folder / ".sst" / "dist", home / "kept")
    installs, repeated, from_kept = list[float](), list[float](), list[float]()
    for number in range(ROUNDS):
        _change(terminal.folder, number + 2)
        installs.append(_seconds(terminal, ("npm", "ci"), **cache))
        repeated.append(installs[-1] + _seconds(terminal, _DEPLOY))
        from_kept.append(_seconds(terminal, (*_DEPLOY, "--from", str(home / "kept"))))
    return Taken(first, median(repeated), median(repeated), median(installs), median(from_kept))


def _change(folder: Path, version: int) -> None:
    (folder / "src" / "version.js").write_text(f"export const version = {version};\n")


def _seconds(terminal: Terminal, *commands: tuple[str, ...], **environment: str) -> float:
    began = time.monotonic()
    for argv in commands:
        terminal.type(*argv, **environment)
    return time.monotonic() - began


async def _by_trellis(folder: Path) -> Taken:
    async with whole_trellis(folder, name="notes") as stage:
        first, took_first = await _pushed(stage, await stage.connect(SST))
        repeated, rollbacks, installs = list[float](), list[float](), list[float]()
        for number in range(ROUNDS):
            changes = {"src/version.js": f"export const version = {number + 2};\n"}
            view, took = await _pushed(stage, stage.commit(changes, f"Version {number + 2}"))
            repeated.append(took)
            installs.append(step_seconds(view, Step.INSTALL))
            rollbacks.append(await _rolled_back(stage, first))
        return Taken(took_first, median(repeated), median(rollbacks), median(installs))


async def _pushed(stage: Stage, commit: str) -> tuple[DeploymentView, float]:
    """Push, and give the deployment at its end with the seconds from the push on."""
    began = time.monotonic()
    await stage.push(commit)
    view = await stage.follow(await stage.pushed("development", commit))
    return succeeded(view), time.monotonic() - began


async def _rolled_back(stage: Stage, to: DeploymentView) -> float:
    began = time.monotonic()
    decision = await stage.api.roll_back(stage.at("development"), to.deployment_id)
    succeeded(await stage.follow(decision))
    seconds = time.monotonic() - began
    await stage.api.resume(stage.at("development"))
    return seconds


def succeeded(view: DeploymentView) -> DeploymentView:
    """Give it back. Raises NotMeasured: it did not succeed."""
    if view.state is not DeploymentState.SUCCEEDED:
        raise NotMeasured(f"this deployment was to succeed: {view.state} {view.failure}")
    return view


def step_seconds(view: DeploymentView, name: Step) -> float:
    """Give how long a step took. Raises NotMeasured: it is not told."""
    steps = view.runs[-1].steps if view.runs else ()
    told = [step.seconds for step in steps if step.step is name and step.seconds is not None]
    if not told:
        raise NotMeasured(f"it is not told how long the step {name.value} took")
    return told[-1]


@contextmanager
def _local_aws(folder: Path) -> Iterator[LocalAws]:
    aws = LocalAws(folder, installation=INSTALLATION)
    aws.start()
    try:
        yield aws
    finally:
        aws.stop()
