"""What follows by itself after anything happened: who ends, who may start, who waits for what.

Every decision on an environment ends with it, so that whatever frees the slot, opens a gate or
changes what is waited for gives the slot to the next in the same append.
"""

from collections.abc import Callable, Iterator
from datetime import datetime

from services.orchestrator.domain import gates
from services.orchestrator.domain.context import Context
from services.orchestrator.domain.slot import Environment, Free, Waiting, next_in, start
from trellis_contracts.deployments import EnvironmentEvent
from trellis_contracts.gating import ContentChanged, DeployGated

Fold = Callable[[Environment, EnvironmentEvent], Environment]


def advance(
    state: Environment, *, context: Context, now: datetime, fold: Fold
) -> Iterator[EnvironmentEvent]:
    """Yield what follows from where the environment stands now.

    Once it was reviewed, what is waited for is what is recorded.
    """
    for event in _reviewed(state, context, now):
        yield event
        state = fold(state, event)
    if not isinstance(state.slot, Free):
        return
    if chosen := next_in(w.request for w in state.waiting if not w.gates):
        fence, seconds = state.fences + 1, context.run_seconds
        yield start(chosen, attempt=1, fence=fence, now=now, run_seconds=seconds)


def is_due(state: Environment, *, context: Context, now: datetime) -> bool:
    """Say whether `advance` would find something to do, at this moment."""
    return any(advance(state, context=context, now=now, fold=lambda before, _: before))


def _reviewed(state: Environment, context: Context, now: datetime) -> Iterator[EnvironmentEvent]:
    for waiting in state.waiting:
        if over := gates.failure(waiting, context, now):
            yield over
            continue
        seen = waiting
        if changed := _changed(waiting, context):
            yield changed
            seen = waiting.taking_in(changed.target)
        found = gates.gates(seen, context, now)
        if found != waiting.gates:
            yield DeployGated(**waiting.request.ids, gates=found)


def _changed(waiting: Waiting, context: Context) -> ContentChanged | None:
    """What people agree to is what they see: settings that changed since are taken in.

    That they must agree at all is such a setting.
    """
    target = context.application.target(context.environment_id)
    seen = waiting.taking_in(target)
    needed = (gates.approvals_of(one.request) for one in (waiting, seen))
    if target == waiting.request.target or not any(needed):
        return None
    return ContentChanged(**waiting.request.ids, target=target, content=seen.request.content)
