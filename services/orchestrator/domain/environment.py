"""An environment: one deployment at a time, a queue, and what it runs.

The stream `environment-<id>` holds it: `evolve` folds that, `decide` says what may be added.
"""

from dataclasses import replace
from datetime import datetime
from functools import partial, reduce
from typing import assert_never

from services.orchestrator.domain import advancing, approving, outcomes, requests
from services.orchestrator.domain.context import Context
from services.orchestrator.domain.outcomes import Report
from services.orchestrator.domain.slot import (
    MOST_SUCCESSES,
    Cancelling,
    Environment,
    Free,
    Hold,
    Live,
    Nothing,
    Running,
    Stuck,
    Success,
    Vanished,
    Waiting,
    is_automatic,
)
from trellis_contracts.continuing import RollbackContinued
from trellis_contracts.deployments import (
    Cancel,
    CancelRequested,
    CommitResolved,
    DeployCancelled,
    DeployRequested,
    DeployStarted,
    DeploySucceeded,
    DeploySuperseded,
    EnvironmentCommand,
    EnvironmentEvent,
    EnvironmentTornDown,
    ExpireRun,
    RecordCloudReset,
    ReleaseDeployed,
    ReleaseVanished,
)
from trellis_contracts.failing import Failure
from trellis_contracts.gating import (
    Approve,
    AutomaticHeld,
    ContentChanged,
    DeployGated,
    DeploySkipped,
    FreezeOverridden,
    HoldLifted,
    LiftHold,
    OverrideFreeze,
    PromotionApproved,
    ReviewQueue,
)
from trellis_contracts.message import Message
from trellis_contracts.names import DeploymentId
from trellis_contracts.rules import SkipReason
from trellis_contracts.stack_failures import StackStuck

EnvironmentQuestion = EnvironmentCommand | RecordCloudReset | Report


def decide(
    command: EnvironmentQuestion, state: Environment, *, context: Context, now: datetime
) -> list[EnvironmentEvent]:
    """Give what follows from a command or from what a run reports; [] is nothing.

    Raises:
        Illegal: the rule that forbids it.
    """
    decided = _decided(command, state, context=context, now=now)
    fold = partial(evolve, at=now)
    after = reduce(fold, decided, state)
    return [*decided, *advancing.advance(after, context=context, now=now, fold=fold)]


def _decided(
    command: EnvironmentQuestion, state: Environment, *, context: Context, now: datetime
) -> list[EnvironmentEvent]:
    match command:
        case _ if isinstance(command, requests.Request):
            return requests.decide(command, state, context=context)
        case Cancel():
            return outcomes.cancel(command, state, context=context)
        case Approve() | OverrideFreeze() | LiftHold() | ReviewQueue():
            return approving.decide(command, state, context=context, now=now)
        case ExpireRun():
            return outcomes.expire(command, state, context=context, now=now)
        case RecordCloudReset():
            return _vanished(command, state, context)
        case _:
            return outcomes.report(command, state, context=context, now=now)


def evolve(state: Environment, event: Message, *, at: datetime) -> Environment:
    """Give the state after an event that happened `at`; one that makes no sense changes nothing."""
    match event:
        case DeployRequested():
            return _requested(state, event, at)
        case DeployStarted():
            return _started(state, event, at)
        case CommitResolved() | CancelRequested():
            return _moved_on(state, event)
        case DeploySuperseded() | DeployCancelled() | RollbackContinued() | Failure():
            return _stuck(_without(state, event.deployment_id), event)
        case DeployGated() | PromotionApproved() | ContentChanged() | FreezeOverridden():
            return replace(state, waiting=tuple(_told(w, event) for w in state.waiting))
        case _:
            return _held(state, event)


def _vanished(
    command: RecordCloudReset, state: Environment, context: Context
) -> list[EnvironmentEvent]:
    if not isinstance(state.content, Live):
        return []
    instance = state.content.success.release.cloud.instance
    if instance is None or instance == command.instance:
        return []
    application_id = context.application.created.application_id
    environment_id = context.environment_id
    return [
        ReleaseVanished(
            application_id=application_id, environment_id=environment_id, instance=instance
        )
    ]


def _requested(state: Environment, event: DeployRequested, at: datetime) -> Environment:
    waiting = (*state.waiting, Waiting(request=event, since=at))
    asked = replace(state, numbers=event.number, waiting=waiting)
    return replace(asked, automatic=event, missed=False) if is_automatic(event) else asked


def _started(state: Environment, event: DeployStarted, at: datetime) -> Environment:
    slot = state.slot
    if isinstance(slot, Running) and slot.request.deployment_id == event.deployment_id:
        return replace(state, fences=event.fence, slot=replace(slot, run=event))
    if found := state.waits(event.deployment_id):
        request = found.request
        running = Running(request=request, run=event, since=at, commit=request.commit)
        waiting = tuple(other for other in state.waiting if other is not found)
        return replace(state, fences=event.fence, slot=running, waiting=waiting, touched=True)
    return state


def _told(
    waiting: Waiting, event: DeployGated | PromotionApproved | ContentChanged | FreezeOverridden
) -> Waiting:
    if waiting.request.deployment_id != event.deployment_id:
        return waiting
    match event:
        case DeployGated():
            return replace(waiting, gates=event.gates)
        case PromotionApproved():
            return replace(waiting, approvers=(*waiting.approvers, event.approver))
        case ContentChanged():
            return waiting.taking_in(event.target)
        case FreezeOverridden():
            return replace(waiting, overridden=True)
        case _:
            assert_never(event)


def _moved_on(state: Environment, event: CommitResolved | CancelRequested) -> Environment:
    slot = state.slot
    if not isinstance(slot, Running) or slot.request.deployment_id != event.deployment_id:
        return state
    if isinstance(event, CommitResolved):
        return replace(state, slot=replace(slot, commit=event.commit))
    cancelling = Cancelling(
        request=slot.request, run=slot.run, since=slot.since, commit=slot.commit
    )
    return replace(state, slot=cancelling)


def _without(state: Environment, deployment_id: DeploymentId) -> Environment:
    slot = state.slot
    if isinstance(slot, Running) and slot.request.deployment_id == deployment_id:
        return replace(state, slot=Free())
    waiting = tuple(w for w in state.waiting if w.request.deployment_id != deployment_id)
    return replace(state, waiting=waiting)


def _stuck(state: Environment, event: Message) -> Environment:
    """A stack stays stuck until it went back: what failed elsewhere did not free it."""
    match event:
        case StackStuck():
            return replace(state, stuck=Stuck(event.stack, event.resources))
        case RollbackContinued():
            return replace(state, stuck=None)
        case _:
            return state


def _held(state: Environment, event: Message) -> Environment:
    match event:
        case ReleaseDeployed() | DeploySucceeded():
            return _brought(state, event)
        case EnvironmentTornDown():
            freed = _without(state, event.deployment_id)
            return replace(freed, content=Nothing(), touched=False, hold=None, stuck=None)
        case ReleaseVanished() if isinstance(state.content, Live):
            return replace(state, content=Vanished(state.content.success))
        case _:
            return _kept_away(state, event)


def _kept_away(state: Environment, event: Message) -> Environment:
    match event:
        case AutomaticHeld():
            earlier = state.hold.barred if state.hold else ()
            barred = tuple(dict.fromkeys((*earlier, *filter(None, [event.commit]))))
            return replace(state, hold=Hold(number=event.number, barred=barred))
        case HoldLifted():
            return replace(state, hold=None)
        case DeploySkipped():
            missed = state.missed or event.reason is not SkipReason.PATHS
            return replace(state, skipped=event.commit, missed=missed)
        case _:
            return state


def _brought(state: Environment, event: ReleaseDeployed | DeploySucceeded) -> Environment:
    """What has not passed is no success yet: nobody rolls back to it, or promotes it."""
    success = Success(event.deployment_id, event.number, event.release)
    if isinstance(event, ReleaseDeployed):
        return replace(state, content=Live(success, passed=False))
    successes = (*state.successes, success)[-MOST_SUCCESSES:]
    freed = _without(state, event.deployment_id)
    return replace(freed, content=Live(success), successes=successes, stuck=None)
