"""Does the steps of a plan, one by one, and hands on what each has made."""

from typing import assert_never

from services.builder.adapters.artifacts import Artifacts
from services.builder.adapters.attempt import Attempt
from services.builder.adapters.steps.checkout import check_out, look_back
from services.builder.adapters.steps.commands import after_deploy, before_deploy, run_tests
from services.builder.adapters.steps.continuing import continue_rollback
from services.builder.adapters.steps.deploy import bring_back, deploy
from services.builder.adapters.steps.find import find
from services.builder.adapters.steps.foresee import foresee
from services.builder.adapters.steps.install import install
from services.builder.adapters.steps.remove import remove
from services.builder.adapters.steps.synthesise import assemble, synthesise
from services.builder.domain.plan import plan
from trellis_contracts.deployments import CommitResolved, DeployKind, ReleaseDeployed
from trellis_contracts.releases import Release
from trellis_contracts.steps import Step


class NothingToDeploy(Exception):
    """The plan deploys, and neither an assembly was made nor a release given: a fault of ours."""

    def __init__(self, kind: DeployKind) -> None:
        super().__init__(f"a {kind} was asked for without a release to bring back")


class Steps:
    """The steps of one builder; artifacts are kept in one place for all."""

    def __init__(self, artifacts: Artifacts) -> None:
        """Takes where assemblies are kept."""
        self._artifacts = artifacts

    async def do(self, step: Step, attempt: Attempt) -> None:
        """Do one step.

        Raises:
            StepFailed: it ended the run, for a reason that has its own event.
            RunWasCancelled: somebody asked; the cloud is settled.
        """
        match step:
            case Step.CHECKOUT:
                await self._check_out(attempt)
            case Step.INSTALL:
                await install(attempt)
            case Step.TEST | Step.BEFORE_DEPLOY | Step.AFTER_DEPLOY:
                await _run_command(step, attempt)
            case Step.SYNTHESISE:
                await self._synthesise(attempt)
            case Step.DEPLOY | Step.CONTINUE | Step.REMOVE | Step.PREVIEW:
                await self._in_the_cloud(step, attempt)
            case _:
                assert_never(step)

    async def _in_the_cloud(self, step: Step, attempt: Attempt) -> None:
        match step:
            case Step.CONTINUE:
                await continue_rollback(attempt)
            case Step.REMOVE:
                attempt.removed = await remove(attempt)
            case Step.PREVIEW:
                await foresee(attempt, self._artifacts)
            case _:
                attempt.release = await self._deploy(attempt)
                _tell_what_runs(attempt, attempt.release)

    async def _check_out(self, attempt: Attempt) -> None:
        attempt.commit = await check_out(attempt)
        if attempt.work.commit is None:
            attempt.report(CommitResolved(**attempt.ids, commit=attempt.commit))
        if attempt.look:
            attempt.look.commits = await look_back(attempt)
        attempt.found = await find(attempt)

    async def _synthesise(self, attempt: Attempt) -> None:
        if attempt.look:
            attempt.look.prepared = await assemble(attempt)
        else:
            attempt.made = await synthesise(attempt, self._artifacts)

    async def _deploy(self, attempt: Attempt) -> Release:
        if attempt.made and attempt.commit:
            return await deploy(
                attempt, attempt.made, commit=attempt.commit, artifacts=self._artifacts
            )
        if attempt.work.release:
            return await bring_back(attempt, attempt.work.release, self._artifacts)
        raise NothingToDeploy(attempt.work.kind)


def _tell_what_runs(attempt: Attempt, release: Release) -> None:
    """What follows may fail, or never end: what the environment runs is known all the same."""
    if Step.AFTER_DEPLOY in plan(attempt.work):
        attempt.report(ReleaseDeployed(**attempt.ids, release=release))


async def _run_command(step: Step, attempt: Attempt) -> None:
    """Run what the environment has set for this moment."""
    if step is Step.TEST:
        await run_tests(attempt)
    elif step is Step.BEFORE_DEPLOY:
        await before_deploy(attempt)
    elif attempt.release:
        await after_deploy(attempt, attempt.release)
