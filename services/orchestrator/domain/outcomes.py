"""How a deployment ends: by what its run reports, by a person, or by time.

Whoever waits is given the freed slot in the same append (`advancing`).
"""

from collections.abc import Iterator
from datetime import datetime
from typing import assert_never

from services.orchestrator.domain.context import Context
from services.orchestrator.domain.deployment_refusals import (
    IllegalCancel,
    IllegalFact,
    IllegalSuccess,
)
from services.orchestrator.domain.holding import after_success, is_barred
from services.orchestrator.domain.slot import (
    Cancelling,
    Environment,
    Running,
    is_automatic,
    start,
)
from trellis_contracts.continuing import RollbackContinued
from trellis_contracts.deployments import (
    Cancel,
    CancelRequested,
    CommitResolved,
    DeployCancelled,
    DeployKind,
    DeployRequested,
    DeploySucceeded,
    DeploySuperseded,
    EnvironmentEvent,
    EnvironmentTornDown,
    ExpireRun,
    ReleaseDeployed,
)
from trellis_contracts.failing import Failure
from trellis_contracts.failures import FailureEvent, RunErrored, RunLost, RunTimedOut
from trellis_contracts.gating import AutomaticHeld, CommitBarred, HoldLifted
from trellis_contracts.runs import RunAbandoned, RunCancelled, RunSucceeded

Report = (
    CommitResolved | ReleaseDeployed | RunSucceeded | RunCancelled | RunAbandoned | FailureEvent
)

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
            return _resolved(fact, slot, state)
        case ReleaseDeployed():
            return [fact]
        case RunAbandoned():
            lost = RunLost(**slot.request.ids, run_id=fact.run_id, attempts=slot.run.attempt)
            return _again(lost, slot, state, context=context, now=now)
        case RunErrored():
            return _again(fact, slot, state, context=context, now=now)
        case _:
            return _outcome(fact, slot, state, context=context, now=now)


def cancel(command: Cancel, state: Environment, *, context: Context) -> list[EnvironmentEvent]:
    """End a deployment: at once when the cloud cannot have changed, else by its run.

    Raises:
        IllegalCancel: it neither waits nor runs here.
    """
    slot = state.slot
    if isinstance(slot, Running) and slot.request.deployment_id == command.deployment_id:
        if isinstance(slot, Cancelling):
            return []
        if context.run_started or slot.run.attempt > 1:
            return [CancelRequested(**slot.request.ids)]
        return [DeployCancelled(**slot.request.ids, cloud_touched=False)]
    if waiting := state.waits(command.deployment_id):
        return [DeployCancelled(**waiting.request.ids, cloud_touched=False)]
    raise IllegalCancel(command.deployment_id, context.environment.name)


def expire(
    command: ExpireRun, state: Environment, *, context: Context, now: datetime
) -> list[EnvironmentEvent]:
    """Give what follows from a builder's silence, or from a deadline; [] when it is not so."""
    slot = state.slot
    if not isinstance(slot, Running) or not slot.is_run(command.run_id):
        return []
    run = slot.run
    lost = RunLost(**slot.request.ids, run_id=run.run_id, attempts=run.attempt)
    if command.silent:
        return _again(lost, slot, state, context=context, now=now)
    if now < run.deadline:
        return []
    over = RunTimedOut(**slot.request.ids, run_id=run.run_id, seconds=context.run_seconds)
    return [_ended(over if context.run_started else lost, slot)]


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
    return [_ended(failure, slot)]


def _ended(failure: FailureEvent, slot: Running) -> FailureEvent | DeployCancelled:
    """What nobody reported to the end was cancelled if that was asked for, else it failed."""
    if isinstance(slot, Cancelling):
        return DeployCancelled(**slot.request.ids, cloud_touched=True)
    return failure


def _resolved(fact: CommitResolved, slot: Running, state: Environment) -> list[EnvironmentEvent]:
    """The newest commit of a branch may turn out to be the one that was rolled back."""
    if slot.commit is not None:
        return []
    if slot.request.kind is DeployKind.DEPLOY and is_barred(fact.commit, state):
        return [fact, CommitBarred(**slot.request.ids, commit=fact.commit)]
    return [fact]


def _outcome(
    fact: RunSucceeded | RunCancelled | FailureEvent,
    slot: Running,
    state: Environment,
    *,
    context: Context,
    now: datetime,
) -> list[EnvironmentEvent]:
    match fact:
        case RunCancelled():
            return [DeployCancelled(**slot.request.ids, cloud_touched=fact.cloud_touched)]
        case RunSucceeded():
            success = _success(fact, slot, seconds=(now - slot.since).total_seconds())
            return [success, *_consequences(success, state, context)]
        case Failure():
            return [fact]
        case _:
            assert_never(fact)


def _consequences(
    success: EnvironmentEvent, state: Environment, context: Context
) -> Iterator[EnvironmentEvent]:
    """After a rollback pushes are held, those that wait among them; so is what it took away."""
    if not isinstance(success, DeploySucceeded):
        return
    following = after_success(success, state, context)
    if following is not None:
        yield following
    for waiting in state.waiting:
        if _is_overtaken(waiting.request, success, state, held=following):
            yield DeploySuperseded(**waiting.request.ids, by=success.deployment_id)


def _is_overtaken(
    request: DeployRequested,
    success: DeploySucceeded,
    state: Environment,
    *,
    held: AutomaticHeld | HoldLifted | None,
) -> bool:
    """A redeploy is of what ran when it was asked for: another release takes its place."""
    if request.kind is DeployKind.REDEPLOY and request.commit != success.release.commit:
        return True
    if not isinstance(held, AutomaticHeld) or request.kind is DeployKind.ROLLBACK:
        return False
    barred = request.commit is not None and (
        request.commit == held.commit or is_barred(request.commit, state)
    )
    return barred or is_automatic(request)


def _success(fact: RunSucceeded, slot: Running, *, seconds: float) -> EnvironmentEvent:
    ids, kind = slot.request.ids, slot.request.kind
    if kind is DeployKind.TEARDOWN:
        return EnvironmentTornDown(
            **ids, run_id=fact.run_id, stacks=fact.stacks, seconds=max(seconds, 0)
        )
    if slot.request.continues:
        return RollbackContinued(
            **ids,
            run_id=fact.run_id,
            continuation=slot.request.continues,
            seconds=max(seconds, 0),
        )
    if fact.release is None:
        raise IllegalSuccess(fact.run_id)
    return DeploySucceeded(
        **ids, run_id=fact.run_id, kind=kind, release=fact.release, seconds=max(seconds, 0)
    )
