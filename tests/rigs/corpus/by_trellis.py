"""The same application through Trellis: from its URL alone, to its removal."""

import asyncio
import re
import time
from dataclasses import dataclass, field
from pathlib import Path

from cli.demo.stage import Stage
from tests.rigs.corpus.account import Account, Picture
from tests.rigs.corpus.calling import Calls, call
from trellis_contracts.steps import Step
from trellis_contracts.views import DeploymentState, DeploymentView

_HANDLER = re.compile(
    r"^export (const|async function|function) \w+|exports\.\w+ ?=|^def \w+\(event\b", re.MULTILINE
)
_PRINTS = '\nconsole.log("the second commit");\n'
_SECOND = {
    **dict.fromkeys((".ts", ".js", ".mts", ".mjs", ".cjs"), _PRINTS),
    ".py": '\nprint("the second commit")\n',
}
"""What is added to a source, by its ending."""
_NO_SOURCES = (".d.ts", ".config.ts", ".config.js", ".config.mjs", ".config.cjs")
_STEPS = {Step.SYNTHESISE: "build"}
_NEVER = {"node_modules", ".git", "dist", "cdk.out"}


@dataclass
class ByTrellis:
    """What came of it through Trellis; `failed` is the sentence that people read.

    `failed_at` is the step in the words of `ByHand`; with the commit that it was for, if that was
    not the first.
    """

    deployed: Picture | None = None
    changed: Picture | None = None
    rolled_back: Picture | None = None
    removed: Picture | None = None
    calls: Calls = field(default_factory=dict)
    calls_changed: Calls = field(default_factory=dict)
    calls_back: Calls = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    failed: str | None = None
    failed_at: str | None = None


class NotDeployed(Exception):
    """A deployment did not succeed; the message is what people read."""

    def __init__(self, view: DeploymentView, name: str) -> None:
        self.step = _failed_at(view, name)
        failure = view.failure
        super().__init__(
            f"#{view.number} {view.kind}: {failure.sentence if failure else view.state}"
        )


async def deploy_by_trellis(source: Path, stage: Stage, account: Account) -> ByTrellis:
    """Connect, push, look, call, push again, roll back, tear down."""
    done = ByTrellis()
    story = _Story(stage, account, done.seconds)
    try:
        first = await story.push(await stage.connect(source), "first")
        done.deployed, done.calls = await story.look_and_call()
        await story.push(stage.commit(_second_commit(source), "The second commit"), "second")
        done.changed, done.calls_changed = await story.look_and_call()
        await story.roll_back(first)
        done.rolled_back, done.calls_back = await story.look_and_call()
        await story.tear_down()
        done.removed = await story.look()
    except NotDeployed as failed:
        done.failed, done.failed_at = str(failed), failed.step
    return done


@dataclass
class _Story:
    stage: Stage
    account: Account
    seconds: dict[str, float]

    async def push(self, commit: str, name: str) -> DeploymentView:
        began = time.monotonic()
        await self.stage.push(commit)
        deployment = await self.stage.pushed("development", commit)
        return self._ended(await self.stage.follow(deployment), name, began)

    async def roll_back(self, to: DeploymentView) -> None:
        began = time.monotonic()
        decision = await self.stage.api.roll_back(self.stage.at("development"), to.deployment_id)
        self._ended(await self.stage.follow(decision), "rollback", began)

    async def tear_down(self) -> None:
        began = time.monotonic()
        decision = await self.stage.api.tear_down(self.stage.at("development"), "development")
        self._ended(await self.stage.follow(decision), "removal", began)

    async def look(self) -> Picture:
        return await asyncio.to_thread(self.account.picture)

    async def look_and_call(self) -> tuple[Picture, Calls]:
        picture = await self.look()
        return picture, await asyncio.to_thread(call, picture.urls)

    def _ended(self, view: DeploymentView, name: str, began: float) -> DeploymentView:
        self.seconds[name] = time.monotonic() - began
        if view.state is not DeploymentState.SUCCEEDED:
            raise NotDeployed(view, name)
        return view


def _failed_at(view: DeploymentView, name: str) -> str:
    if name == "removal":
        return "remove"
    steps = view.runs[-1].steps if view.runs else ()
    step = _STEPS.get(steps[-1].step, steps[-1].step.value) if steps else "before any step"
    return step if name == "first" else f"{step} ({name})"


def _second_commit(source: Path) -> dict[str, str | None]:
    """Change the code of every function that can be told by its look, or the README."""
    changes: dict[str, str | None] = {
        str(path.relative_to(source)): path.read_text() + _SECOND[path.suffix]
        for path in sorted(source.rglob("*"))
        if _is_source(path) and _HANDLER.search(path.read_text(errors="replace"))
    }
    return changes or {"SECOND.md": "The second commit.\n"}


def _is_source(path: Path) -> bool:
    ours = path.suffix in _SECOND and not path.name.endswith(_NO_SOURCES)
    return ours and path.is_file() and not _NEVER.intersection(path.parts)
