"""What runs is known, and can be brought back or removed, when a smoke test has failed."""

from pathlib import Path

import pytest

from cli.client.errors import Refusal
from tests.e2e.test_rules import configure, expect_success
from tests.support.git import folder_of_files
from tests.support.stack import queues, whole_trellis
from trellis_contracts.sentences import runs_what
from trellis_contracts.views import DeploymentState

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]


async def test_a_smoke_test_that_fails_and_the_way_back(tmp_path: Path) -> None:
    async with whole_trellis(tmp_path) as stage:
        head = await stage.connect(folder_of_files(tmp_path / "source", queues("One")))
        smoke = 'test "$MOTTO" != wrong'
        await configure(stage, "development", automatic=False, after_deploy=smoke)
        at = stage.at("development")
        first = await expect_success(stage, await stage.api.deploy(at, commit=head))
        assert [step.step for step in first.runs[-1].steps][-1] == "after_deploy"

        await stage.api.set_variable(at, "MOTTO", "wrong")
        bad = stage.commit(queues("One", "Two"), "It does not pass")
        failed = await stage.follow(await stage.api.deploy(at, commit=bad))
        assert failed.state is DeploymentState.FAILED
        assert failed.failure is not None
        assert failed.failure.event == "AfterDeployFailed"
        assert failed.stacks, "what was deployed is shown"

        running = (await stage.environment("development")).release
        assert running is not None
        assert (running.commit, running.passed) == (bad, False)
        assert runs_what(running).endswith("not passed)")

        await expect_success(stage, await stage.api.roll_back(at))
        back = (await stage.environment("development")).release
        assert back is not None
        assert (back.commit, back.passed) == (head, True)
        await expect_success(stage, await stage.api.tear_down(at, "development"))


async def test_only_what_has_passed_is_promoted_and_what_has_not_is_torn_down(
    tmp_path: Path,
) -> None:
    async with whole_trellis(tmp_path) as stage:
        head = await stage.connect(folder_of_files(tmp_path / "source", queues("One")))
        await configure(stage, "development", automatic=False, after_deploy="exit 3")
        at = stage.at("development")
        failed = await stage.follow(await stage.api.deploy(at, commit=head))
        assert failed.state is DeploymentState.FAILED
        with pytest.raises(Refusal, match="command after the deploy has not passed"):
            await stage.api.promote(stage.at("staging"), stage.id_of("development"))

        gone = await stage.follow(await stage.api.tear_down(at, "development"))
        assert gone.state is DeploymentState.SUCCEEDED
        assert (await stage.environment("development")).release is None
