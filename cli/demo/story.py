"""The story that the demo tells: each chapter does one thing and looks whether it is so."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from cli.client.answers import Decision
from cli.demo.cloud import stacks_in
from cli.demo.stage import Stage, ask
from cli.demo.timeline import Chapter, faster
from cli.output import Output
from cli.progress import progress_on
from cli.sentences import addresses, must_act, outcome, short
from trellis_contracts.views import DeploymentState, DeploymentView

SAMPLE = Path(__file__).parents[2] / "deploy" / "demo"
_ORDER = ("development", "staging", "production")
_LAST_LINES = 15


class NotShown(Exception):
    """Something that the demo promises did not hold."""


class Story:
    """Tells the story on a stage; `chapters` is what has been shown."""

    def __init__(self, stage: Stage, output: Output) -> None:
        """Takes the stage, on which nothing has been done, and where to tell."""
        self.chapters: list[Chapter] = []
        self._stage, self._output = stage, output
        self._clock = asyncio.get_running_loop().time
        self._began = self._clock()

    async def tell(self) -> None:
        """Tell all of it. Raises NotShown with what did not hold."""
        stage = self._stage
        first = await stage.connect(SAMPLE)
        deployed = await self._chapter("push version 1", lambda: self._push(first, 1))
        second = stage.commit(_version(2), "Answer version 2")
        newer = await self._chapter("push version 2", lambda: self._push(second, 2))
        await self._chapter("promote to staging", lambda: self._promote("development", "staging"))
        await self._chapter("promote to production", lambda: self._promote("staging", "production"))
        back = await self._chapter("roll development back", self._roll_back)
        whole = max(newer.seconds or 0, deployed.seconds or 0)
        self._say(f"The rollback was {faster(back.seconds or 0, whole)}.", "bold green")
        await self._chapter("tear everything down", self._tear_down)

    async def _chapter(
        self, title: str, do: Callable[[], Awaitable[tuple[DeploymentView, str]]]
    ) -> DeploymentView:
        began = self._clock()
        self._say(f"\n── {title}", "bold")
        view, shown = await do()
        self.chapters.append(
            Chapter(
                title=title, shown=shown, began=began - self._began, seconds=self._clock() - began
            )
        )
        self._say(f"   {shown}", "green")
        return view

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

    async def _tear_down(self) -> tuple[DeploymentView, str]:
        for name in reversed(_ORDER):
            view = await self._follow(await self._stage.api.tear_down(self._stage.at(name), name))
        left = [name for one in _ORDER for name in await self._left(one)]
        if left:
            raise NotShown(f"After the teardown these stacks are left: {', '.join(left)}.")
        return view, "the cloud says that no stack is left, but each account's asset bucket"

    async def _left(self, environment: str) -> list[str]:
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
        said, url = await ask(view), addresses(view.stacks)[0]
        if (said.get("version"), said.get("stage")) != (version, view.environment):
            raise NotShown(f"{url} answered {said}, not version {version} in {view.environment}.")
        return f"{url} answers version {version}"

    def _say(self, line: str, style: str = "") -> None:
        self._output.console.print(line, style=style, soft_wrap=True)


def _version(number: int) -> dict[str, str]:
    return {"function/version.mjs": f"export const version = {number};\n"}
