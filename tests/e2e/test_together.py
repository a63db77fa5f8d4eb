"""`trellis up --together`: the light services in one process do what they do alone."""

import asyncio
import json
import os
import signal
from contextlib import suppress
from pathlib import Path

import pytest
from httpx import TransportError

from cli.demo.github import HookRefused
from cli.demo.stage import Stage, ask
from cli.together import LIGHT
from tests.support.stack import DEMO, whole_trellis
from trellis_contracts.views import DeploymentState

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]


async def killed_and_pushed(stage: Stage, commit: str) -> None:
    """Refused deliveries are sent again by hand, as a person does on GitHub's page of the hook."""
    pid = stage.up.pid_of("ingest")
    assert pid
    os.kill(pid, signal.SIGKILL)
    async with asyncio.timeout(60):
        while True:
            with suppress(HookRefused, TransportError):
                return await stage.push(commit)
            await asyncio.sleep(0.1)


async def deployed(stage: Stage, commit: str) -> object:
    view = await stage.follow(await stage.pushed("development", commit))
    assert view.state is DeploymentState.SUCCEEDED, view.failure
    return (await ask(view))["version"]


async def test_four_services_share_a_process_and_come_back_with_it(tmp_path: Path) -> None:
    async with whole_trellis(tmp_path, together=True) as stage:
        first = await stage.connect(DEMO)
        shared = {stage.up.pid_of(name) for name in LIGHT}
        assert len(shared) == 1
        assert stage.up.pid_of("builder") not in shared | {None}

        await stage.push(first)
        assert await deployed(stage, first) == 1

        changes = {"function/version.mjs": "export const version = 2;\n"}
        second = stage.commit(changes, "Answer version 2")
        await killed_and_pushed(stage, second)
        assert await deployed(stage, second) == 2

    lines = stage.up.folder.log("services").read_text().splitlines()
    assert {json.loads(line)["service"] for line in lines} >= set(LIGHT)
