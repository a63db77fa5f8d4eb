"""A real SST v2 application through Trellis, against what somebody types: `npm ci`, `sst deploy`.

Both on a local AWS, with nothing kept from before for the first deploys; the two ways take turns.
In the short form nothing is measured: it takes about twenty minutes. Run as
`python -m tests.bench real`.
"""

import asyncio
import os
import secrets
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
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
"""Of everything, by either way; their medians are compared."""


class NotMeasured(Exception):
    """What was to be measured did not happen, or nobody said how long it took."""


@dataclass
class Taken:
    """Seconds of one way, one after the other."""

    first: list[float] = field(default_factory=list)
    repeated: list[float] = field(default_factory=list)
    rollback: list[float] = field(default_factory=list)
    install: list[float] = field(default_factory=list)
    from_kept: list[float] = field(default_factory=list)


def measure() -> dict[str, dict[str, float]]:
    """Return `sst_first`, `sst_repeated`, `sst_rollback`, `sst_rollback_of_kept`, `dependencies`.

    `ratio` is Trellis's time, from the push to the end of the deployment, to that by hand: medians
    of as many rounds, each first one with an installation and an account of its own. The rollback
    by hand is another `npm ci` and `sst deploy`, or `sst deploy --from` of a build that somebody
    kept; `dependencies` compares the step that finds them in the store with `npm ci` and a warm
    cache.
    """
    if SHORT:
        return {}
    by_hand, trellis = Taken(), Taken()
    for number in range(ROUNDS):
        more = ROUNDS if number == ROUNDS - 1 else 0
        for way, taken in ((_by_hand, by_hand), (_by_trellis, trellis)):
            with _quiet_disk() as folder:
                asyncio.run(way(folder, taken, more))
    return {
        "sst_first": _row(trellis.first, by_hand.first),
        "sst_repeated": _row(trellis.repeated, by_hand.repeated),
        "sst_rollback": _row(trellis.rollback, by_hand.repeated),
        "sst_rollback_of_kept": _row(trellis.rollback, by_hand.from_kept),
        "dependencies": _row(trellis.install, by_hand.install),
    }


@contextmanager
def _quiet_disk() -> Iterator[Path]:
    """Give a new folder when the disk has nothing left to write: each way pays for itself alone."""
    os.sync()
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


def _row(trellis: list[float], by_hand: list[float]) -> dict[str, float]:
    ours, theirs = median(trellis), median(by_hand)
    return {"ratio": ours / theirs, "p50_ms": ours * 1000, "by_hand_ms": theirs * 1000}


async def _by_hand(folder: Path, taken: Taken, more: int) -> None:
    """Deploy for the first time, and as often again as there are to be more."""
    with _local_aws(folder / "aws") as aws:
        account = Account(str(10**11 + secrets.randbelow(9 * 10**11)), aws)
        source = Path(shutil.copytree(SST, folder / "source"))
        (folder / "home").mkdir()
        terminal = Terminal(source, account, await installed_tools(), folder / "home")
        await asyncio.to_thread(_typed, terminal, taken, more)


def _typed(terminal: Terminal, taken: Taken, more: int) -> None:
    """First with an empty cache of npm, then again and again with that of the first time."""
    cache = {"npm_config_cache": str(terminal.home / "npm")}
    taken.first.append(_seconds(terminal, ("npm", "ci"), _DEPLOY, **cache))
    kept = shutil.copytree(terminal.folder / ".sst" / "dist", terminal.home / "kept")
    for number in range(more):
        _change(terminal.folder, number + 2)
        taken.install.append(_seconds(terminal, ("npm", "ci"), **cache))
        taken.repeated.append(taken.install[-1] + _seconds(terminal, _DEPLOY))
        taken.from_kept.append(_seconds(terminal, (*_DEPLOY, "--from", str(kept))))


def _change(folder: Path, version: int) -> None:
    (folder / "src" / "version.js").write_text(f"export const version = {version};\n")


def _seconds(terminal: Terminal, *commands: tuple[str, ...], **environment: str) -> float:
    began = time.monotonic()
    for argv in commands:
        terminal.type(*argv, **environment)
    return time.monotonic() - began


async def _by_trellis(folder: Path, taken: Taken, more: int) -> None:
    """Deploy for the first time; then change, deploy and roll back as often as asked."""
    async with whole_trellis(folder, name="notes") as stage:
        first, took = await _pushed(stage, await stage.connect(SST))
        taken.first.append(took)
        for number in range(more):
            changes = {"src/version.js": f"export const version = {number + 2};\n"}
            view, took = await _pushed(stage, stage.commit(changes, f"Version {number + 2}"))
            taken.repeated.append(took)
            taken.install.append(step_seconds(view, Step.INSTALL))
            taken.rollback.append(await _rolled_back(stage, first))


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
