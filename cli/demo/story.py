"""The story that the demo tells: each chapter does one thing and looks whether it is so."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from cli.client.answers import Decision
from cli.demo.checks import left_over, shared_address, unseen, wrong_answer
from cli.demo.cloud import BOOTSTRAP, stacks_in
from cli.demo.stage import Stage, ask
from cli.demo.timeline import Chapter, faster
from cli.output import Output
from cli.progress import progress_on
from trellis_contracts.sentences import addresses, duration, must_act, outcome, short
from trellis_contracts.views import DeploymentState, DeploymentView

_SAMPLES = Path(__file__).parents[2] / "deploy"
_ORDER = ("development", "staging", "production")
_LAST_LINES = 15
_LONGEST_CHAPTER = 300.0

Made = TypeVar("Made")


class NotShown(Exception):
    """Something that the demo promises did not hold."""


@dataclass(frozen=True)
class Play:
    """An application to tell the story with, and the file that holds its version."""

    name: str
    sample: Path
    version_file: str

    def version(self, number: int) -> dict[str, str]:
        """Give the change that makes it answer another version."""
        return {self.version_file: f"export const version = {number};\n"}


SMALL = Play("shop", _SAMPLES / "demo", "function/version.mjs")
"""A template and a function: nothing to install, so that every way is seen quickly."""
REAL = Play("notes", _SAMPLES / "demo_sst", "src/version.js")
"""An SST v2 application, with all that it installs."""


class Story:
    """Tells the story on a stage; `chapters` is what has been shown, `urls` where it answered."""

    def __init__(self, stage: Stage, output: Output, play: Play, *, began: float) -> None:
        """Takes the stage, on which nothing has been done, where to tell, and since when."""
        self.urls: dict[str, str] = {}
        self.chapters: list[Chapter] = []
        self._stage, self._output, self._play = stage, output, play
        self._clock, self._began = asyncio.get_running_loop().time, began

    async def tell(self) -> None:
        """Tell all of it. Raises NotShown with what did not hold."""
        first = await self._chapter("connect the repository", self._connect)
        await self._chapter("push version 1", lambda: self._push(first, 1))
        newer = await self._second()
        await self._chapter("promote to staging", lambda: self._promote("development", "staging"))
        await self._chapter("promote to production", lambda: self._promote("staging", "production"))
        back = await self._chapter("roll development back", self._roll_back)
        self._say(f"   The rollback was {faster(_took(back), _took(newer))}.", "bold green")
        await self._chapter("tear everything down", lambda: self._tear_down(_ORDER))

    async def tell_shortly(self) -> None:
        """Tell what is otherwise where a framework builds. Raises NotShown."""
        first = await self._chapter("connect an SST v2 application", self._connect)
        older = await self._chapter("push it", lambda: self._push(first, 1))
        newer = await self._second()
        took = f"{duration(_took(newer))} instead of {duration(_took(older))}"
        self._say(f"   Its dependencies came from the builder's store: {took}.", "bold green")
        back = await self._chapter("roll it back", self._roll_back)
        self._say(f"   The rollback was {faster(_took(back), _took(newer))}.", "bold green")

    async def _second(self) -> DeploymentView:
        second = self._stage.commit(self._play.version(2), "Answer version 2")
        return await self._chapter("push version 2", lambda: self._push(second, 2))

    async def leave_running(self) -> None:
        """Deploy once more, for whoever wants to look around. Raises NotShown."""
        await self._chapter("deploy once more", self._deploy)

    async def _chapter(self, title: str, do: Callable[[], Awaitable[tuple[Made, str]]]) -> Made:
        began = self._clock()
        self._say(f"\n── {title}", "bold")
        try:
            async with asyncio.timeout(_LONGEST_CHAPTER) as limit:
                made, shown = await do()
        except TimeoutError as late:
            if limit.expired():
                after = duration(_LONGEST_CHAPTER)
                raise NotShown(f"“{title}” had not ended after {after}.") from late
            raise
        took = self._clock() - began
        self.chapters.append(
            Chapter(title=title, shown=shown, began=began - self._began, seconds=took)
        )
        self._say(f"   {shown}", "green")
        return made

    async def _connect(self) -> tuple[str, str]:
        head = await self._stage.connect(self._play.sample)
        self._say(f"   {self._stage.git.url(self._stage.repository)} is at {short(head)}")
        return head, f"{', '.join(_ORDER)}: an AWS account each"

    async def _push(self, commit: str, version: int) -> tuple[DeploymentView, str]:
        await self._stage.push(commit)
        self._say(f"   a signed webhook says that main is at {short(commit)} now")
        view = await self._follow(await self._stage.pushed("development", commit))
        return view, await self._answers(view, version)

    async def _promote(self, source: str, target: str) -> tuple[DeploymentView, str]:
        stage = self._stage
        decision = await stage.api.promote(stage.at(target), stage.id_of(source))
        view = await self._follow(decision)
        return view, await self._answers(view, 2)

    async def _roll_back(self) -> tuple[DeploymentView, str]:
        stage = self._stage
        view = await self._follow(await stage.api.roll_back(stage.at("development")))
        return view, await self._answers(view, 1)

    async def _deploy(self) -> tuple[DeploymentView, str]:
        view = await self._follow(await self._stage.api.deploy(self._stage.at("development")))
        return view, await self._answers(view, 2)

    async def _tear_down(self, environments: Sequence[str]) -> tuple[None, str]:
        _require(unseen(await self._stacks(environments)))
        for name in reversed(environments):
            await self._follow(await self._stage.api.tear_down(self._stage.at(name), name))
        _require(left_over(await self._stacks(environments)))
        self.urls.clear()
        return None, f"the cloud has no stack left, but the kept {BOOTSTRAP}"

    async def _stacks(self, environments: Sequence[str]) -> dict[str, list[str]]:
        return {name: await self._stacks_of(name) for name in environments}

    async def _stacks_of(self, environment: str) -> list[str]:
        cloud = self._stage.up.local_aws
        if cloud is None:
            raise NotShown("There is no local AWS.")
        found = await self._stage.environment(environment)
        account = self._stage.accounts[environment]
        region = found.settings.region
        return await asyncio.to_thread(stacks_in, cloud.endpoint, account, region)

    async def _follow(self, deployment: DeploymentView | Decision) -> DeploymentView:
        """Follow a deployment to its success. Raises NotShown, after its last lines."""
        with progress_on(self._output.console) as progress:
            view = await self._stage.follow(deployment, progress)
        if view.state is not DeploymentState.SUCCEEDED:
            await self._show_last_lines(view)
            who = must_act(view.failure.must_act) if view.failure else ""
            raise NotShown(f"{outcome(view)} {who}")
        return view

    async def _show_last_lines(self, view: DeploymentView) -> None:
        for run in view.runs[-1:]:
            page = await self._stage.api.lines(run.run_id)
            for line in page.lines[-_LAST_LINES:]:
                self._say(f"   | {line.text}")

    async def _answers(self, view: DeploymentView, version: int) -> str:
        """Ask the deployed URL. Raises NotShown when it answers anything else than it must."""
        said, url, environment = await ask(view), addresses(view.stacks)[0], view.environment
        _require(wrong_answer(said, url, version=version, environment=environment))
        self.urls[environment] = url
        _require(shared_address(self.urls))
        self._say(f"   {url}")
        return f"version {version} answers in {environment}"

    def _say(self, line: str, style: str = "") -> None:
        self._output.console.print(line, style=style, soft_wrap=True)


def _require(broken: str | None) -> None:
    if broken:
        raise NotShown(broken)


def _took(view: DeploymentView) -> float:
    if view.seconds is None:
        raise NotShown(f"It is not known how long {outcome(view)}")
    return view.seconds
