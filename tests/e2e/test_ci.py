"""An existing CI deploys by `trellis deploy --wait` with a token that may do little else."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from cli.demo.stage import Stage
from tests.e2e.test_rules import configure, expect_success
from tests.support.git import folder_of_files
from tests.support.stack import queues, whole_trellis
from trellis_contracts.rights import Role
from trellis_contracts.rules import Approvals
from trellis_contracts.views import DeploymentState

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

TRELLIS = str(Path(sys.executable).with_name("trellis"))


@dataclass(frozen=True)
class Job:
    """A job of a CI: a machine that knows the server's address and a token, and nothing else."""

    url: str
    token: str
    home: Path

    async def begin(self, *arguments: str) -> asyncio.subprocess.Process:
        environment = {"PATH": os.environ["PATH"], "HOME": str(self.home)}
        environment |= {"TRELLIS_URL": self.url, "TRELLIS_TOKEN": self.token}
        return await asyncio.create_subprocess_exec(
            TRELLIS,
            *arguments,
            env=environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )

    async def run(self, *arguments: str) -> tuple[int | None, str]:
        process = await self.begin(*arguments)
        said, _ = await process.communicate()
        return process.returncode, said.decode()


@asynccontextmanager
async def ci(folder: Path) -> AsyncIterator[tuple[Stage, Job]]:
    """A Trellis with an application by hand, and a CI that may deploy its development."""
    async with whole_trellis(folder) as stage:
        head = await stage.connect(folder_of_files(folder / "source", queues("One")))
        await configure(stage, "development", automatic=False)
        await expect_success(stage, await stage.api.deploy(stage.at("development"), commit=head))
        only = [stage.id_of("development")]
        token = await stage.api.make_token("ci", Role.DEPLOYER, only=only)
        assert token.actor == "robot:ci"
        home = folder / "runner"
        home.mkdir()
        yield stage, Job(stage.up.url, token.token, home)


async def test_a_job_ends_as_its_deployment_does_and_says_why(tmp_path: Path) -> None:
    async with ci(tmp_path) as (stage, job):
        status, said = await job.run("deploy", "shop", "development", "--logs")
        assert status == 0, said
        assert "asked by robot:ci" in said
        assert "  | Synthesising with" in said
        assert "✓ deploy" in said
        assert "shop development #2 succeeded in" in said

        failing = {"tests": True, "test_command": "echo two is not three; exit 3"}
        await configure(stage, "development", **failing)
        status, said = await job.run("deploy", "shop", "development", "--wait")
        assert status == 1, said
        assert "failed" in said
        assert "The tests failed (`echo two is not three; exit 3` ended with 3)" in said
        assert "  | two is not three" in said
        assert "Who must act" in said
        assert "Traceback" not in said


async def test_a_job_says_what_it_waits_for_and_goes_on_when_somebody_agrees(
    tmp_path: Path,
) -> None:
    async with ci(tmp_path) as (stage, job):
        await configure(stage, "development", approvals=Approvals(needed=1))
        process = await job.begin("deploy", "shop", "development", "--wait")
        assert process.stdout
        async with asyncio.timeout(30):
            while b"waits: " not in (line := await process.stdout.readline()):
                assert line, "it ended without waiting"
        (waiting,) = (await stage.environment("development")).waiting
        status, said = await job.run("approve", "shop", "development", "--yes")
        assert (status, "may not approve" in said) == (1, True), said

        view = await stage.api.deployment(waiting)
        await stage.api.approve(stage.at("development"), waiting, view.content or "")
        said = (await process.communicate())[0].decode()
        assert process.returncode == 0, said
        assert (await stage.api.deployment(waiting)).state is DeploymentState.SUCCEEDED


async def test_a_job_changes_nothing_but_what_its_token_is_for(tmp_path: Path) -> None:
    async with ci(tmp_path) as (_, job):
        for words, why in (
            (("promote", "shop", "staging"), "limited to other places"),
            (("apps", "settings", "shop", "development", "--automatic"), "may not configure"),
            (("variables", "set", "shop", "development", "A=1"), "may not configure"),
            (("environments", "classify", "shop", "development", "--production"), "may not"),
            (("token", "create", "more"), "may not administer"),
            (("apps", "create", "x", "--repository", "https://github.com/a/x"), "may not create"),
        ):
            status, said = await job.run(*words)
            assert (status, why in said) == (1, True), said
        status, said = await job.run("builders")
        assert (status, "memory looked at" in said) == (0, True), said
        status, said = await job.run("status")
        assert (status, "staging" in said) == (0, True), said
