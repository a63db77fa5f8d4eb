"""What may be asked of an environment: deploy, redeploy, promote, roll back, tear down."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

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
from services.orchestrator.domain.slot import (
    MOST_WAITING,
    Environment,
    Free,
    Live,
    Nothing,
    Running,
    Success,
    Vanished,
    is_automatic,
    start,
)
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
from trellis_contracts.names import BranchName, CommitSha, EnvironmentId
from trellis_contracts.pushes import DeliveryId
from trellis_contracts.releases import Release

Request = RequestDeploy | Redeploy | Promote | RollBack | TearDown

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


def decide(
    command: Request, state: Environment, *, context: Context, now: datetime
) -> list[EnvironmentEvent]:
    """Give the deployment that is asked for, started when the slot is free; [] is nothing to do.

    Raises:
        Illegal: the rule that forbids it.
    """
    context.refuse_when_leaving(command)
    match command:
        case RequestDeploy(trigger=Trigger.PERSON):
            wanted = _deploy(command, context)
        case RequestDeploy():
            if _is_old_news(command, state, context):
                return []
            wanted = _automatic(command)
        case Redeploy():
            wanted = _redeploy(state, context)
        case Promote():
            wanted = _promote(command, context)
        case RollBack():
            wanted = _roll_back(command, state, context)
        case TearDown():
            wanted = _tear_down(command, state, context)
        case _:
            assert_never(command)
    return _take_place(wanted, state, context, now=now)


def _deploy(command: RequestDeploy, context: Context) -> _Wanted:
    environment = context.environment
    if environment.production:
        raise IllegalDeploy(environment.name)
    branch = command.branch
    if branch is None and command.commit is None:
        branch = environment.settings.branch
        if branch is None:
            raise IllegalBranch(environment.name)
    return _Wanted(kind=DeployKind.DEPLOY, commit=command.commit, branch=branch)


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
    if not settings.automatic or settings.branch != command.branch:
        return True
    newest = state.automatic
    if newest is None or newest.commit != command.commit:
        return False
    unmoved = command.trigger is Trigger.HEAD
    return unmoved or state.is_asked_for(newest.deployment_id) or _runs(newest, state)


def _runs(request: DeployRequested, state: Environment) -> bool:
    content = state.content
    return isinstance(content, Live) and content.success.deployment_id == request.deployment_id


def _redeploy(state: Environment, context: Context) -> _Wanted:
    release = state.release
    if release is None:
        raise IllegalRedeploy(context.environment.name)
    return _Wanted(kind=DeployKind.REDEPLOY, commit=release.commit, branch=release.branch)


def _promote(command: Promote, context: Context) -> _Wanted:
    source = context.application.environment(command.source).name
    if command.source == context.environment_id:
        raise IllegalPromotion(source, "an environment is promoted to another one, not to itself")
    match context.source.content if context.source else Nothing():
        case Nothing():
            raise IllegalPromotion(source, "it runs nothing, deploy to it first")
        case Vanished():
            reason = "what it ran is gone with the local AWS that held it, redeploy it first"
            raise IllegalPromotion(source, reason)
        case Live(success):
            release = success.release
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
    wanted = command.deployment_id or (earlier[-1].deployment_id if earlier else None)
    for success in (*earlier, *filter(None, [context.older])):
        if success.deployment_id == wanted:
            return _Wanted(
                kind=DeployKind.ROLLBACK,
                commit=success.release.commit,
                branch=success.release.branch,
                release=success.release,
            )
    raise IllegalRollback(context.environment.name, _named(earlier))


def _named(successes: Sequence[Success]) -> list[str]:
    return [f"#{s.number} ({s.deployment_id})" for s in successes[: -_SUCCESSES_NAMED - 1 : -1]]


def _tear_down(command: TearDown, state: Environment, context: Context) -> _Wanted:
    name = context.environment.name
    if command.confirm != name:
        raise IllegalConfirmation(name)
    if not state.touched:
        raise IllegalTeardown(name)
    return _Wanted(kind=DeployKind.TEARDOWN, release=state.release)


def _take_place(
    wanted: _Wanted, state: Environment, context: Context, *, now: datetime
) -> list[EnvironmentEvent]:
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
    )
    match state.slot:
        case Free():
            fence, seconds = state.fences + 1, context.run_seconds
            return [request, start(request, attempt=1, fence=fence, now=now, run_seconds=seconds)]
        case Running() if is_automatic(request):
            return [request, *_superseded(state, by=request)]
        case Running():
            _refuse_a_full_queue(state, context)
            return [request]
        case _:
            assert_never(state.slot)


def _superseded(state: Environment, *, by: DeployRequested) -> list[DeploySuperseded]:
    return [
        DeploySuperseded(
            application_id=waiting.application_id,
            environment_id=waiting.environment_id,
            deployment_id=waiting.deployment_id,
            number=waiting.number,
            by=by.deployment_id,
        )
        for waiting in state.waiting
        if is_automatic(waiting)
    ]


def _refuse_a_full_queue(state: Environment, context: Context) -> None:
    waiting = sum(not is_automatic(request) for request in state.waiting)
    if waiting >= MOST_WAITING:
        raise IllegalQueue(context.environment.name, waiting)
