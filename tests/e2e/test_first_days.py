"""What a team meets in its first days: private code, no webhook, impatience, a restart."""

import asyncio
import os
import signal
from pathlib import Path

import pytest

from cli.demo.stage import Stage, ask
from tests.support.git import folder_of_files
from tests.support.stack import DEMO, whole_trellis
from trellis_contracts.views import DeploymentState, DeploymentView

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]

CANARY = "canary-6b1f0c-never-to-be-seen"
SLOW = {
    "template.json": '{"Resources": {"Queue": {"Type": "AWS::SQS::Queue"}}}',
    "package.json": '{"name": "x", "scripts": {"postinstall": "sleep 6"}}',
}


async def state_of(stage: Stage, view: DeploymentView) -> DeploymentState:
    return (await stage.api.deployment(view.deployment_id)).state


async def pushed(stage: Stage, commit: str) -> DeploymentView:
    await stage.push(commit)
    return await stage.pushed("development", commit)


async def test_a_private_repository_is_polled_until_a_webhook_delivers(tmp_path: Path) -> None:
    async with whole_trellis(tmp_path, TRELLIS_POLL_SECONDS="1") as stage:
        commit = await stage.connect(DEMO, token=CANARY)
        view = await stage.follow(await stage.pushed("development", commit))
        assert view.state is DeploymentState.SUCCEEDED, view.failure
        assert (await ask(view))["version"] == 1
        assert (await stage.application()).webhook_seen is False

        await stage.push(stage.commit({"new.txt": "1"}, "Now with a webhook"))
        await stage.follow(await stage.pushed("development", stage.before))
        assert (await stage.application()).webhook_seen is True
    told = [path for path in (tmp_path / "data").rglob("*") if path.is_file()]
    assert told
    assert not [path for path in told if CANARY.encode() in path.read_bytes()]


async def test_the_newest_push_that_waits_wins_and_a_running_one_can_be_cancelled(
    tmp_path: Path,
) -> None:
    async with whole_trellis(tmp_path) as stage:
        commit = await stage.connect(folder_of_files(tmp_path / "source", SLOW))
        first = await pushed(stage, commit)
        second, third = [
            await pushed(stage, stage.commit({"n.txt": str(n)}, f"Change {n}")) for n in (2, 3)
        ]
        assert await state_of(stage, second) is DeploymentState.SUPERSEDED
        assert await state_of(stage, third) is DeploymentState.WAITING

        await stage.api.cancel(stage.at("development"), first.deployment_id)
        assert (await stage.follow(first)).state is DeploymentState.CANCELLED
        last = await stage.follow(third)
        assert last.state is DeploymentState.SUCCEEDED, last.failure
        assert (await stage.environment("development")).release is not None


async def test_what_a_local_aws_held_is_gone_once_it_starts_again(tmp_path: Path) -> None:
    async with whole_trellis(tmp_path) as stage:
        commit = await stage.connect(DEMO)
        await stage.push(commit)
        await stage.follow(await stage.pushed("development", commit))
        assert stage.up.local_aws
        assert stage.up.local_aws.process_group
        os.killpg(stage.up.local_aws.process_group, signal.SIGKILL)
        async with asyncio.timeout(60):
            while not await gone(stage):  # noqa: ASYNC110 - a view on a server
                await asyncio.sleep(0.2)

        again = await stage.follow(await stage.api.redeploy(stage.at("development")))
        assert again.state is DeploymentState.SUCCEEDED, again.failure
        assert (await ask(again))["version"] == 1
        assert not await gone(stage)


async def gone(stage: Stage) -> bool:
    release = (await stage.environment("development")).release
    return release is not None and release.gone
