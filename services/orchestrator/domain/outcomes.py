"""How a deployment ends: by what its run reports, by a person, or by time.

Whatever frees the slot gives it to the next that waits, in the same append.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import TypedDict, assert_never
from uuid import UUID

from services.orchestrator.domain.context import Context
from services.orchestrator.domain.deployment_refusals import (
    IllegalCancel,
    IllegalFact,
    IllegalSuccess,
)
from services.orchestrator.domain.slot import Cancelling, Environment, Running, next_in, start
from trellis_contracts.deployments import (
    Cancel,
    CancelRequested,
    CommitResolved,
    DeployCancelled,
    DeployKind,
    DeployRequested,
    DeploySucceeded,
    EnvironmentEvent,
    EnvironmentTornDown,
    ExpireRun,
)
from trellis_contracts.failing import Failure
from trellis_contracts.failures import FailureEvent, RunErrored, RunLost, RunTimedOut
from trellis_contracts.runs import RunAbandoned, RunCancelled, RunSucceeded

Report = CommitResolved | RunSucceeded | RunCancelled | RunAbandoned | FailureEvent

MOST_ATTEMPTS = 2
"""Runs of one deployment; only what is ours (a lost run, an error of Trellis) gets another one."""


def report(
    fact: Report, state: Environment, *, context: Context, now: datetime
) -> list[EnvironmentEvent]:
    """Give what follows from what the environment's run reports.

    Raises:
        IllegalFact: the run does not hold the environment, or no longer.
        IllegalSuccess: it names no release.
    """
    slot = state.slot
    deployment = isinstance(slot, Running) and slot.request.deployment_id
    if not isinstance(slot, Running) or not slot.is_run(fact.run_id):
        raise IllegalFact(fact.run_id, context.environment.name)
    if fact.deployment_id != deployment:
        raise IllegalFact(fact.run_id, context.environment.name)
    match fact:
        case CommitResolved():
            return [fact] if slot.commit is None else []
        case RunAbandoned():
            lost = RunLost(**_ids(slot.request), run_id=fact.run_id, attempts=slot.run.attempt)
            return _again(lost, slot, state, context=context, now=now)
        case RunErrored():
            return _again(fact, slot, state, context=context, now=now)
        case _:
            outcome = _outcome(fact, slot, now)
            return [outcome, *_start_next(state, context=context, now=now)]


def cancel(
    command: Cancel, state: Environment, *, context: Context, now: datetime
) -> list[EnvironmentEvent]:
    """End a deployment: at once when the cloud cannot have changed, else by its run.

    Raises:
        IllegalCancel: it neither waits nor runs here.
    """
    slot = state.slot
    if isinstance(slot, Running) and slot.request.deployment_id == command.deployment_id:
        if isinstance(slot, Cancelling):
            return []
        if context.run_started or slot.run.attempt > 1:
            return [CancelRequested(**_ids(slot.request))]
        cancelled = DeployCancelled(**_ids(slot.request), cloud_touched=False)
        return [cancelled, *_start_next(state, context=context, now=now)]
    for request in state.waiting:
        if request.deployment_id == command.deployment_id:
            return [DeployCancelled(**_ids(request), cloud_touched=False)]
    raise IllegalCancel(command.deployment_id, context.environment.name)


def expire(
    command: ExpireRun, state: Environment, *, context: Context, now: datetime
) -> list[EnvironmentEvent]:
    """Give what follows from a builder's silence, or from a deadline; [] when it is not so."""
    slot = state.slot
    if not isinstance(slot, Running) or not slot.is_run(command.run_id):
        return []
    run = slot.run
    lost = RunLost(**_ids(slot.request), run_id=run.run_id, attempts=run.attempt)
    if command.silent:
        return _again(lost, slot, state, context=context, now=now)
    if now < run.deadline:
        return []
    over = RunTimedOut(**_ids(slot.request), run_id=run.run_id, seconds=context.run_seconds)
    outcome = _ended(over if context.run_started else lost, slot)
    return [outcome, *_start_next(state, context=context, now=now)]


def _again(
    failure: RunLost | RunErrored,
    slot: Running,
    state: Environment,
    *,
    context: Context,
    now: datetime,
) -> list[EnvironmentEvent]:
    """One new run; after the last one, or when it was to end anyway, the failure."""
    attempt = slot.run.attempt + 1
    if attempt <= MOST_ATTEMPTS and not isinstance(slot, Cancelling):
        seconds, fence = context.run_seconds, state.fences + 1
        return [start(slot.request, attempt=attempt, fence=fence, now=now, run_seconds=seconds)]
    return [_ended(failure, slot), *_start_next(state, context=context, now=now)]


def _ended(failure: FailureEvent, slot: Running) -> FailureEvent | DeployCancelled:
    """What nobody reported to the end was cancelled if that was asked for, else it failed."""
    if isinstance(slot, Cancelling):
        return DeployCancelled(**_ids(slot.request), cloud_touched=True)
    return failure


def _outcome(
    fact: RunSucceeded | RunCancelled | FailureEvent, slot: Running, now: datetime
) -> EnvironmentEvent:
    match fact:
        case RunCancelled():
            return DeployCancelled(**_ids(slot.request), cloud_touched=fact.cloud_touched)
        case RunSucceeded():
            return _success(fact, slot, seconds=(now - slot.since).total_seconds())
        case Failure():
            return fact
        case _:
            assert_never(fact)


def _success(fact: RunSucceeded, slot: Running, *, seconds: float) -> EnvironmentEvent:
    ids, kind = _ids(slot.request), slot.request.kind
    if kind is DeployKind.TEARDOWN:
        return EnvironmentTornDown(
            **ids, run_id=fact.run_id, stacks=fact.stacks, seconds=max(seconds, 0)
        )
    if fact.release is None:
        raise IllegalSuccess(fact.run_id)
    return DeploySucceeded(
        **ids, run_id=fact.run_id, kind=kind, release=fact.release, seconds=max(seconds, 0)
    )


def _start_next(
    state: Environment, *, context: Context, now: datetime
) -> Sequence[EnvironmentEvent]:
    request = next_in(state.waiting)
    if request is None:
        return ()
    fence, seconds = state.fences + 1, context.run_seconds
    return (start(request, attempt=1, fence=fence, now=now, run_seconds=seconds),)


class _Ids(TypedDict):
    application_id: UUID
    environment_id: UUID
    deployment_id: UUID
    number: int


def _ids(request: DeployRequested) -> _Ids:
    return _Ids(
        application_id=request.application_id,
        environment_id=request.environment_id,
        deployment_id=request.deployment_id,
        number=request.number,
    )
