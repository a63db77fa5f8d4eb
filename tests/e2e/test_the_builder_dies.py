"""A builder that dies in mid-deploy: the deployment ends as an undisturbed one does."""

import os
import signal
from collections import Counter
from pathlib import Path

import pytest

from cli.demo.stage import Stage, ask
from tests.support.aws import AwsAccount
from tests.support.stack import DEMO, REGION, whole_trellis
from trellis_contracts.views import DeploymentState, DeploymentView

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

STACK = "shop-development"


class Killer:
    """Kills the builder once a stack is changing; takes the place of a progress display."""

    def __init__(self, stage: Stage) -> None:
        self.stage, self.done = stage, False

    def show(self, view: DeploymentView) -> None:
        moving = any("PROGRESS" in stack.status for run in view.runs for stack in run.stacks)
        pid = self.stage.up.pid_of("builder")
        if moving and pid and not self.done:
            os.kill(pid, signal.SIGKILL)
            self.done = True


async def pushed_and_killed(stage: Stage, commit: str) -> DeploymentView:
    await stage.push(commit)
    killer = Killer(stage)
    view = await stage.follow(await stage.pushed("development", commit), killer)
    assert killer.done
    assert view.state is DeploymentState.SUCCEEDED, view.failure
    return view


def operations(stage: Stage) -> Counter[str]:
    """How often the cloud says that the stack itself came into each state."""
    assert stage.up.local_aws
    account = AwsAccount(
        id=stage.accounts["development"], region=REGION, local_aws=stage.up.local_aws
    )
    pages = account.client("cloudformation").get_paginator("describe_stack_events")
    events = [event for page in pages.paginate(StackName=STACK) for event in page["StackEvents"]]
    return Counter(
        event["ResourceStatus"] for event in events if event["LogicalResourceId"] == STACK
    )


async def test_a_builder_that_dies_in_mid_deploy_changes_nothing_in_the_end(
    tmp_path: Path,
) -> None:
    async with whole_trellis(tmp_path, step_seconds=0.5) as stage:
        created = await pushed_and_killed(stage, await stage.connect(DEMO))
        assert (await ask(created))["version"] == 1
        changes = {"function/version.mjs": "export const version = 2;\n"}
        updated = await pushed_and_killed(stage, stage.commit(changes, "Answer version 2"))
        assert await ask(updated) == {
            "version": 2, "stage": "development", "visits": 2, "greeting": "Hello from Trellis"
        }  # fmt: skip

        for view in (created, updated):
            assert [run.attempt for run in view.runs] == [1, 2]
        history = await stage.api.deployments(stage.id_of("development"))
        assert [one.deployment_id for one in history] == [
            updated.deployment_id,
            created.deployment_id,
        ]
        seen = operations(stage)
        for state in ("CREATE_IN_PROGRESS", "CREATE_COMPLETE", "UPDATE_IN_PROGRESS"):
            assert seen[state] == 1, seen
        assert seen["UPDATE_COMPLETE"] == 1, seen
