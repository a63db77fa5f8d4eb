"""What may be asked of an environment: each takes its slot, or waits for it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import assert_never

from services.orchestrator.domain import continuing, holding
from services.orchestrator.domain.configuration import Configuration
from services.orchestrator.domain.context import Context
from services.orchestrator.domain.deployment_refusals import (
    IllegalBranch,
    IllegalConfirmation,
    IllegalDeploy,
    IllegalPromotion,
    IllegalQueue,
    IllegalRedeploy,
    IllegalRollback,
    IllegalTeardown,
)
from services.orchestrator.domain.gate_refusals import IllegalBarred, IllegalPattern
from services.orchestrator.domain.slot import (
    MOST_PUSHES,
    MOST_WAITING,
    Environment,
    Live,
    Nothing,
    Success,
    Vanished,
    is_automatic,
)
from trellis_contracts.continuing import Continuation, ContinueRollback
from trellis_contracts.deployments import (
    DeployKind,
    DeployRequested,
    DeploySuperseded,
    EnvironmentEvent,
    Promote,
    Redeploy,
    RequestDeploy,
    RollBack,
    TearDown,
    Trigger,
)
from trellis_contracts.names import BranchName, CommitSha, DeploymentId, EnvironmentId
from trellis_contracts.pushes import DeliveryId
from trellis_contracts.releases import Release
from trellis_contracts.rules import QueuePolicy, is_glob, matches

Request = RequestDeploy | Redeploy | Promote | RollBack | TearDown | ContinueRollback

_SUCCESSES_NAMED = 10


@dataclass(frozen=True, kw_only=True)
class _Wanted:
    kind: DeployKind
    trigger: Trigger = Trigger.PERSON
    commit: CommitSha | None = None
    branch: BranchName | None = None
    delivery: DeliveryId | None = None
    source: EnvironmentId | None = None
    release: Release | None = None
    continues: Continuation | None = None


def decide(command: Request, state: Environment, *, context: Context) -> list[EnvironmentEvent]:
    """Give the deployment that is asked for, or why a push gets none; [] is nothing to do.

    Raises:
        Illegal: the rule that forbids it.
    """
    context.refuse_when_leaving(command)
    match command:
        case RequestDeploy(trigger=Trigger.PERSON):
            wanted = _deploy(command, state, context)
        case RequestDeploy():
            return _push(command, state, context)
        case Redeploy():
            wanted = _redeploy(state, context)
        case Promote():
            wanted = _promote(command, state, context)
        case RollBack():
            wanted = _roll_back(command, state, context)
        case TearDown():
            wanted = _tear_down(command, state, context)
        case ContinueRollback():
            wanted = _Wanted(kind=DeployKind.CONTINUE, continues=continuing.allowed(command, state))
        case _:
            assert_never(command)
    return _take_place(wanted, state, context)


def _push(command: RequestDeploy, state: Environment, context: Context) -> list[EnvironmentEvent]:
    if _is_old_news(command, state, context):
        return []
    if skipped := holding.skipped(command, state, context):
        return [skipped]
    return _take_place(_automatic(command), state, context)


def _deploy(command: RequestDeploy, state: Environment, context: Context) -> _Wanted:
    environment = context.environment
    if environment.production:
        raise IllegalDeploy(environment.name)
    branch = command.branch
    if branch is None and command.commit is None:
        branch = _own_branch(environment)
    _refuse_barred(command.commit, state, context)
    return _Wanted(kind=DeployKind.DEPLOY, commit=command.commit, branch=branch)


def _own_branch(environment: Configuration) -> BranchName:
    pattern = environment.settings.branch
    if pattern is None:
        raise IllegalBranch(environment.name)
    if is_glob(pattern):
        raise IllegalPattern(environment.name, pattern)
    return pattern


def _refuse_barred(commit: CommitSha | None, state: Environment, context: Context) -> None:
    if commit is not None and state.hold and holding.is_barred(commit, state):
        raise IllegalBarred(context.environment.name, commit, state.hold.number)


def _automatic(command: RequestDeploy) -> _Wanted:
    return _Wanted(
        kind=DeployKind.DEPLOY,
        trigger=command.trigger,
        commit=command.commit,
        branch=command.branch,
        delivery=command.delivery,
    )


def _is_old_news(command: RequestDeploy, state: Environment, context: Context) -> bool:
    settings = context.environment.settings
    if not settings.automatic or not settings.branch or not command.branch:
        return True
    if not matches(settings.branch, command.branch):
        return True
    unmoved = command.trigger is Trigger.HEAD
    if unmoved and command.commit == state.skipped:
        return True
    newest = state.automatic
    if newest is None or newest.commit != command.commit:
        return False
    return unmoved or state.is_asked_for(newest.deployment_id) or _runs(newest, state)


def _runs(request: DeployRequested, state: Environment) -> bool:
    content = state.content
    if not isinstance(content, Live) or not content.passed:
        return False
    return content.success.deployment_id == request.deployment_id


def _redeploy(state: Environment, context: Context) -> _Wanted:
    release = state.release
    if release is None:
        raise IllegalRedeploy(context.environment.name)
    return _Wanted(kind=DeployKind.REDEPLOY, commit=release.commit, branch=release.branch)


def _promote(command: Promote, state: Environment, context: Context) -> _Wanted:
    source = context.application.environment(command.source).name
    if command.source == context.environment_id:
        raise IllegalPromotion(source, "an environment is promoted to another one, not to itself")
    match context.source.content if context.source else Nothing():
        case Nothing():
            raise IllegalPromotion(source, "it runs nothing, deploy to it first")
        case Vanished():
            reason = "what it ran is gone with the local AWS that held it, redeploy it first"
            raise IllegalPromotion(source, reason)
        case Live(passed=False):
            reason = "its command after the deploy has not passed, deploy what passes to it first"
            raise IllegalPromotion(source, reason)
        case Live(success):
            release = success.release
            _refuse_barred(release.commit, state, context)
            return _Wanted(
                kind=DeployKind.PROMOTE,
                commit=release.commit,
                branch=release.branch,
                source=command.source,
            )
        case content:
            assert_never(content)


def _roll_back(command: RollBack, state: Environment, context: Context) -> _Wanted:
    current = state.content.success if isinstance(state.content, Live) else None
    earlier = [success for success in state.successes if success != current]
    wanted = command.deployment_id or _one_before(earlier, state)
    for success in (*earlier, *filter(None, [context.older])):
        if success.deployment_id == wanted:
            return _Wanted(
                kind=DeployKind.ROLLBACK,
                commit=success.release.commit,
                branch=success.release.branch,
                release=success.release,
            )
    raise IllegalRollback(context.environment.name, _named(earlier))


def _one_before(earlier: Sequence[Success], state: Environment) -> DeploymentId | None:
    """What was taken away is not what a rollback goes back to, unless somebody names it."""
    runs = state.release if isinstance(state.content, Live) else None
    for success in reversed(earlier):
        if success.release != runs and not holding.is_barred(success.release.commit, state):
            return success.deployment_id
    return None


def _named(successes: Sequence[Success]) -> list[str]:
    return [f"#{s.number} ({s.deployment_id})" for s in successes[: -_SUCCESSES_NAMED - 1 : -1]]


def _tear_down(command: TearDown, state: Environment, context: Context) -> _Wanted:
    name = context.environment.name
    if command.confirm != name:
        raise IllegalConfirmation(name)
    if not state.touched:
        raise IllegalTeardown(name)
    return _Wanted(kind=DeployKind.TEARDOWN, release=state.release)


def _take_place(wanted: _Wanted, state: Environment, context: Context) -> list[EnvironmentEvent]:
    request = DeployRequested(
        application_id=context.application.created.application_id,
        environment_id=context.environment_id,
        deployment_id=context.asked,
        number=state.numbers + 1,
        kind=wanted.kind,
        trigger=wanted.trigger,
        target=context.application.target(context.environment_id),
        commit=wanted.commit,
        branch=wanted.branch,
        delivery=wanted.delivery,
        source=wanted.source,
        release=wanted.release,
        asked_by=context.actor,
        continues=wanted.continues,
    )
    if is_automatic(request):
        return [request, *_superseded(state, context, by=request)]
    _refuse_a_full_queue(state, context)
    return [request]


def _superseded(
    state: Environment, context: Context, *, by: DeployRequested
) -> list[DeploySuperseded]:
    """A newer push takes the place of those that wait; where all are kept, of the oldest."""
    pushes = [w.request for w in state.waiting if is_automatic(w.request)]
    if context.environment.settings.queue is QueuePolicy.ALL:
        pushes = pushes[: max(0, len(pushes) + 1 - MOST_PUSHES)]
    return [DeploySuperseded(**push.ids, by=by.deployment_id) for push in pushes]


def _refuse_a_full_queue(state: Environment, context: Context) -> None:
    waiting = sum(not is_automatic(w.request) for w in state.waiting)
    if waiting >= MOST_WAITING:
        raise IllegalQueue(context.environment.name, waiting)
