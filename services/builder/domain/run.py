"""A run's ids, and the one exception with which a step ends it."""

from typing import TypedDict
from uuid import UUID

from trellis_contracts.failures import FailureEvent
from trellis_contracts.previewing import PreviewRequested
from trellis_contracts.runs import StartRun


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
