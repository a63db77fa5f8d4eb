"""The line on real parts: pushed, answered, promoted, rolled back, removed."""

import os
import signal
from pathlib import Path

import pytest

from cli.client.errors import Refusal
from cli.demo.cloud import stacks_in
from cli.demo.stage import Stage, ask
from tests.support.stack import DEMO, REGION, whole_trellis
from trellis_contracts.runs import Step
from trellis_contracts.views import DeploymentState, DeploymentView

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]


def expect_success(view: DeploymentView) -> DeploymentView:
    assert view.state is DeploymentState.SUCCEEDED, view.failure
    return view


async def pushed(stage: Stage, commit: str) -> DeploymentView:
    await stage.push(commit)
    return expect_success(await stage.follow(await stage.pushed("development", commit)))


async def printed(stage: Stage, view: DeploymentView) -> str:
    pages = [await stage.api.lines(run.run_id) for run in view.runs]
    return "\n".join(line.text for page in pages for line in page.lines)


async def test_a_push_becomes_a_running_application(tmp_path: Path) -> None:
    async with whole_trellis(tmp_path) as stage:
        first = await pushed(stage, await stage.connect(DEMO))
        assert (await ask(first))["version"] == 1
        assert "npm" in await printed(stage, first)
        second = await pushed(stage, stage.commit(version(2), "Answer version 2"))
        assert (await ask(second))["version"] == 2

        with pytest.raises(Refusal, match="promote"):
            await stage.api.deploy(stage.at("production"), branch="main")
        for source, target in (("development", "staging"), ("staging", "production")):
            decision = await stage.api.promote(stage.at(target), stage.id_of(source))
            promoted = expect_success(await stage.follow(decision))
            assert await ask(promoted) == {
                "version": 2, "stage": target, "visits": 1, "greeting": "Hello from Trellis"
            }  # fmt: skip

        decision = await stage.api.roll_back(stage.at("development"))
        back = expect_success(await stage.follow(decision))
        assert (await ask(back))["version"] == 1
        steps = {step.step for run in back.runs for step in run.steps}
        assert not steps & {Step.CHECKOUT, Step.INSTALL, Step.SYNTHESISE}
        assert (await ask(promoted))["version"] == 2

        for name, account in stage.accounts.items():
            decision = await stage.api.tear_down(stage.at(name), name)
            expect_success(await stage.follow(decision))
            assert stage.up.local_aws
            assert stacks_in(stage.up.local_aws.endpoint, account, REGION) == []
            assert (await stage.environment(name)).release is None
        kinds = [one.kind.value for one in await stage.api.deployments(stage.id_of("development"))]
        assert kinds == ["teardown", "rollback", "deploy", "deploy"]


async def test_a_builder_that_dies_in_mid_deploy_changes_nothing_in_the_end(
    tmp_path: Path,
) -> None:
    async with whole_trellis(tmp_path, step_seconds=0.4) as stage:
        commit = await stage.connect(DEMO)
        await stage.push(commit)
        going_on = await stage.pushed("development", commit)
        killed = Killer(stage)
        view = expect_success(await stage.follow(going_on, killed))

        assert killed.done
        assert [run.attempt for run in view.runs] == [1, 2]
        assert (await ask(view))["version"] == 1
        assert len(await stage.api.deployments(stage.id_of("development"))) == 1
        assert stage.up.local_aws
        account = stage.accounts["development"]
        assert stacks_in(stage.up.local_aws.endpoint, account, REGION) == ["shop-development"]


class Killer:
    """Kills the builder once a stack has begun to change; takes the place of a progress display."""

    def __init__(self, stage: Stage) -> None:
        self.stage, self.done = stage, False

    def show(self, view: DeploymentView) -> None:
        moving = any(stack.done for run in view.runs for stack in run.stacks)
        pid = self.stage.up.pid_of("builder")
        if moving and pid and not self.done:
            os.kill(pid, signal.SIGKILL)
            self.done = True


def version(number: int) -> dict[str, str]:
    return {"function/version.mjs": f"export const version = {number};\n"}
