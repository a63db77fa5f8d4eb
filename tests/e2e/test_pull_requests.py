"""A pull request gets an environment of its own and loses it, on all of Trellis."""

from pathlib import Path

import pytest

from cli.client.errors import Refusal
from cli.demo.cloud import stacks_in
from cli.demo.stage import Stage
from tests.support.git import folder_of_files
from tests.support.pull_requests import say
from tests.support.stack import REGION, queues, whole_trellis
from tests.support.until import until
from trellis_contracts.pull_requests import Hindrance, PullRequestRule
from trellis_contracts.views import DeploymentState, DeploymentView, EnvironmentView

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

_SECONDS = 60


SHOP, BASKET = queues("One"), queues("One", "Basket")


async def theirs(stage: Stage) -> EnvironmentView | None:
    found = (await stage.application()).environments
    return next((one for one in found if one.pull_request == 7), None)


async def test_one_is_deployed_with_the_templates_values_and_gone_when_it_is_closed(
    tmp_path: Path,
) -> None:
    async with whole_trellis(tmp_path) as stage:
        await stage.connect(folder_of_files(tmp_path / "s", SHOP))
        development = stage.at("development")
        await stage.api.set_variable(development, "COLOUR", "red")
        rule = PullRequestRule(template=development.environment_id)
        await stage.api.follow_pull_requests(development.application_id, rule)
        commit = stage.git.commit(stage.repository, BASKET, "A basket", branch="basket")

        await say(stage, "opened", commit, number=8, head={"id": 2, "fork": True})
        await say(stage, "opened", commit, head={})
        await until(lambda: runs(stage, commit), within=_SECONDS, every=0.2)
        assert "shop-pr-7" in in_the_cloud(stage)
        deployment = await newest_of(stage, await theirs(stage))
        assert deployment.state is DeploymentState.SUCCEEDED
        assert deployment.variables == ("COLOUR",)
        await until(lambda: is_refused_as_foreign(stage, 8), within=_SECONDS, every=0.2)

        await people_may_use(stage, deployment)
        await try_fork(stage, commit)
        await say(stage, "closed", commit, head={})
        await until(lambda: is_gone(stage), within=_SECONDS, every=0.2)
        assert "shop-pr-7" not in in_the_cloud(stage)
        [removed] = (await stage.application()).removed
        newest = await newest_of(stage, removed)
        assert (newest.kind, newest.state) == ("teardown", DeploymentState.SUCCEEDED)
        with pytest.raises(Refusal, match="There is no environment"):
            await stage.api.deploy(development._replace(environment_id=removed.environment_id))


async def people_may_use(stage: Stage, deployment: DeploymentView) -> None:
    promoted = await stage.api.promote(stage.at("staging"), deployment.environment_id)
    assert (await stage.follow(promoted)).commit == deployment.commit
    at = stage.at("staging")._replace(environment_id=deployment.environment_id)
    again = await stage.follow(await stage.api.redeploy(at))
    assert (again.environment, again.state) == ("pr-7", DeploymentState.SUCCEEDED)


async def try_fork(stage: Stage, commit: str) -> None:
    """Have the fork's commit tested: the application has no tests, which is said."""
    application_id = stage.at("development").application_id
    await stage.api.try_pull_request(application_id, 8, commit)

    async def is_over() -> bool:
        trial = (await stage.application()).pull_requests[-1].trial
        return trial is not None and trial.passed is not None

    await until(is_over, within=_SECONDS, every=0.2)
    trial = (await stage.application()).pull_requests[-1].trial
    assert trial
    assert (trial.commit, trial.passed) == (commit, False)
    assert "npm run test" in (trial.sentence or "")


async def newest_of(stage: Stage, environment: EnvironmentView | None) -> DeploymentView:
    assert environment is not None
    newest, *_ = await stage.api.deployments(environment.environment_id)
    return newest


async def runs(stage: Stage, commit: str) -> bool:
    there = await theirs(stage)
    return there is not None and there.release is not None and there.release.commit == commit


async def is_refused_as_foreign(stage: Stage, number: int) -> bool:
    found = (await stage.application()).pull_requests
    return any((one.number, one.hindrance) == (number, Hindrance.FOREIGN) for one in found)


async def is_gone(stage: Stage) -> bool:
    return await theirs(stage) is None


def in_the_cloud(stage: Stage) -> list[str]:
    """Ask the local AWS itself what is in the account of the template."""
    aws = stage.up.local_aws
    assert aws is not None
    return stacks_in(aws.endpoint, stage.accounts["development"], REGION)
