"""People's word on a deployment that waits: they approve it, or let it pass a freeze."""

from datetime import datetime
from typing import assert_never

from services.orchestrator.domain import gates
from services.orchestrator.domain.context import Context
from services.orchestrator.domain.gate_refusals import (
    IllegalApproval,
    IllegalHold,
    IllegalOverride,
)
from services.orchestrator.domain.holding import lifted
from services.orchestrator.domain.slot import Environment, Waiting
from services.orchestrator.domain.windows import frozen_until
from trellis_contracts.deployments import EnvironmentEvent
from trellis_contracts.gating import (
    Approve,
    FreezeOverridden,
    GatingCommand,
    LiftHold,
    OverrideFreeze,
    PromotionApproved,
    ReviewQueue,
)
from trellis_contracts.rules import Approvals


def decide(
    command: GatingCommand, state: Environment, *, context: Context, now: datetime
) -> list[EnvironmentEvent]:
    """Give what somebody's word changes; looking again changes nothing by itself.

    Raises:
        Illegal: the rule that forbids it.
    """
    match command:
        case Approve():
            return approve(command, state, context=context)
        case OverrideFreeze():
            return override(command, state, context=context, now=now)
        case LiftHold():
            return lift(state, context=context)
        case ReviewQueue():
            return []
        case _:
            assert_never(command)


def approve(command: Approve, state: Environment, *, context: Context) -> list[EnvironmentEvent]:
    """Take somebody's approval; the same person's once more changes nothing.

    Raises:
        IllegalApproval: it waits for none, has changed, or this one may not approve it.
    """
    waiting = state.waits(command.deployment_id)
    needs = gates.approvals_of(waiting.request) if waiting else None
    if waiting is None or needs is None:
        raise IllegalApproval("this deployment waits for no approval")
    if context.application.target(context.environment_id) != waiting.request.target:
        raise IllegalApproval("settings of the environment have changed: look at it again")
    if command.content != waiting.request.content:
        raise IllegalApproval("what it would deploy has changed since: look at it again")
    _refuse_a_stranger(waiting, needs, context)
    if context.actor in waiting.approvers:
        return []
    content = command.content
    approved = PromotionApproved(**waiting.request.ids, approver=context.actor, content=content)
    return [approved]


def override(
    command: OverrideFreeze, state: Environment, *, context: Context, now: datetime
) -> list[EnvironmentEvent]:
    """Let a deployment start in spite of a freeze, and record who and why.

    Raises:
        IllegalOverride: it does not wait, or nothing is frozen.
    """
    waiting = state.waits(command.deployment_id)
    if waiting is None:
        raise IllegalOverride("this deployment does not wait")
    if waiting.overridden:
        return []
    if frozen_until(context.environment.settings.windows, now) is None:
        raise IllegalOverride(f"{context.environment.name} is not frozen")
    actor, reason = context.actor, command.reason
    return [FreezeOverridden(**waiting.request.ids, actor=actor, reason=reason)]


def lift(state: Environment, *, context: Context) -> list[EnvironmentEvent]:
    """Let pushes deploy again; what was skipped meanwhile stays skipped.

    Raises:
        IllegalHold: nothing is held.
    """
    if state.hold is None:
        raise IllegalHold(context.environment.name)
    return [lifted(context)]


def _refuse_a_stranger(waiting: Waiting, needs: Approvals, context: Context) -> None:
    if context.actor == waiting.request.asked_by and not needs.own:
        raise IllegalApproval("whoever asked for it cannot approve it here: ask somebody else")
    if needs.people and context.actor not in needs.people:
        raise IllegalApproval(f"only {', '.join(needs.people)} may approve here")
