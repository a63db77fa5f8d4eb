"""A run's ids, and the one exception with which a step ends it."""

from typing import TypedDict
from uuid import UUID

from trellis_contracts.deployments import DeployKind
from trellis_contracts.failures import FailureEvent
from trellis_contracts.previewing import PreviewRequested
from trellis_contracts.releases import Target
from trellis_contracts.runs import StartRun
from trellis_contracts.trials import TrialRequested


class RunIds(TypedDict):
    """The fields that every event of a run carries."""

    application_id: UUID
    environment_id: UUID
    deployment_id: UUID
    number: int
    run_id: UUID


def ids_of(work: StartRun) -> RunIds:
    """Give the ids of a run, to be spread into its events."""
    return RunIds(
        application_id=work.application_id,
        environment_id=work.environment_id,
        deployment_id=work.deployment_id,
        number=work.number,
        run_id=work.run_id,
    )


def run_of(preview: PreviewRequested) -> StartRun:
    """Give a preview as the run that its steps know; no deployment has its ids, nor a fence."""
    return StartRun(
        application_id=preview.application_id,
        environment_id=preview.environment_id,
        deployment_id=preview.preview_id,
        number=1,
        run_id=preview.run_id,
        fence=0,
        attempt=preview.attempt,
        deadline=preview.deadline,
        kind=preview.kind,
        target=preview.target,
        commit=preview.commit,
        branch=preview.branch,
        release=preview.release,
        previous=preview.previous,
    )


def trial_run(trial: TrialRequested) -> StartRun:
    """Give a trial as the run that its steps know: with no value, secret or credential."""
    target = Target(
        application=trial.application,
        environment=f"fork-{trial.number}",
        stage=f"fork-{trial.number}",
        production=False,
        repository=trial.repository,
        folder=trial.folder,
        settings=trial.settings,
        clone_token_version=trial.clone_token_version,
    )
    return StartRun(
        application_id=trial.application_id,
        environment_id=trial.run_id,
        deployment_id=trial.run_id,
        number=1,
        run_id=trial.run_id,
        fence=0,
        attempt=trial.attempt,
        deadline=trial.deadline,
        kind=DeployKind.DEPLOY,
        target=target,
        commit=trial.commit,
    )


class StepFailed(Exception):
    """A step ended the run, for a reason that has its own event."""

    def __init__(self, failure: FailureEvent) -> None:
        self.failure = failure
        super().__init__(failure.sentence)


class RunWasCancelled(Exception):
    """The run was ended because somebody asked; `cloud_touched` says if stacks had changed."""

    def __init__(self, *, cloud_touched: bool) -> None:
        self.cloud_touched = cloud_touched
        super().__init__("the run was cancelled")
