"""The line on real parts: pushed, answered, promoted, rolled back, removed."""

from pathlib import Path

import httpx
import pytest

from cli.client.errors import Refusal
from cli.demo.cloud import stacks_in
from cli.demo.stage import Stage, ask
from tests.support.stack import DEMO, REGION, whole_trellis
from trellis_contracts.steps import Step
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


async def history(stage: Stage, environment: str) -> list[str]:
    return [one.kind.value for one in await stage.api.deployments(stage.id_of(environment))]


async def expect_untouched(stage: Stage) -> None:
    """A push reaches neither staging nor production, and production takes no plain deploy."""
    for name in ("staging", "production"):
        assert await history(stage, name) == []
    with pytest.raises(Refusal, match="promote") as refused:
        await stage.api.deploy(stage.at("production"), branch="main")
    assert refused.value.problem.status == httpx.codes.CONFLICT


async def expect_nothing_left(stage: Stage, name: str, account: str) -> None:
    assert stage.up.local_aws
    assert stacks_in(stage.up.local_aws.endpoint, account, REGION) == []
    assert (await stage.environment(name)).release is None


async def test_a_push_becomes_a_running_application(tmp_path: Path) -> None:
    async with whole_trellis(tmp_path) as stage:
        first = await pushed(stage, await stage.connect(DEMO))
        assert (await ask(first))["version"] == 1
        assert "npm" in await printed(stage, first)
        second = await pushed(stage, stage.commit(version(2), "Answer version 2"))
        assert (await ask(second))["version"] == 2

        await expect_untouched(stage)
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
        assert Step.DEPLOY in steps
        assert not steps & {Step.CHECKOUT, Step.INSTALL, Step.SYNTHESISE}
        assert (await ask(promoted))["version"] == 2

        for name, account in stage.accounts.items():
            decision = await stage.api.tear_down(stage.at(name), name)
            expect_success(await stage.follow(decision))
            await expect_nothing_left(stage, name, account)
        assert await history(stage, "development") == ["teardown", "rollback", "deploy", "deploy"]
        for name in ("staging", "production"):
            assert await history(stage, name) == ["teardown", "promote"]


def version(number: int) -> dict[str, str]:
    return {"function/version.mjs": f"export const version = {number};\n"}
