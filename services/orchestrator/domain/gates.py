"""What a waiting deployment waits for besides its turn: approvals, windows, checks.

A rollback waits for nothing, nor does a stuck one that goes on: that is how a team gets out of
trouble. A teardown needs no approval, since it was confirmed by name. Checks are those of pushes: a
person who deploys a commit has looked.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from services.orchestrator.domain.context import Context
from services.orchestrator.domain.slot import Waiting, is_automatic, leads_out
from services.orchestrator.domain.windows import FAR, frozen_until
from trellis_contracts.deployments import DeployKind, DeployRequested
from trellis_contracts.gating import ApprovalMissing, ChecksFailed, ChecksMissing, GateFailure
from trellis_contracts.rules import Approvals, CheckConclusion, CheckName, Gate, GateKind
from trellis_contracts.settings import EnvironmentSettings

_APPROVED = frozenset({DeployKind.DEPLOY, DeployKind.REDEPLOY, DeployKind.PROMOTE})


def approvals_of(request: DeployRequested) -> Approvals | None:
    """Give what approvals a deployment needs, by the settings that it was asked for with."""
    return request.target.settings.approvals if request.kind in _APPROVED else None


def gates(waiting: Waiting, context: Context, now: datetime) -> tuple[Gate, ...]:
    """Say what the deployment waits for now; nothing: it may start."""
    if leads_out(waiting.request):
        return ()
    settings = context.environment.settings
    return (
        *_approval(waiting),
        *_freeze(waiting, settings, now),
        *_checks(waiting, settings, context),
    )


def failure(waiting: Waiting, context: Context, now: datetime) -> GateFailure | None:
    """Give how the deployment ends before it began: a check failed, or time ran out."""
    request, settings = waiting.request, context.environment.settings
    required = settings.checks if is_automatic(request) else None
    if required:
        by_conclusion = _by_conclusion(request, required.names, context)
        if failed := by_conclusion[CheckConclusion.FAILED]:
            return ChecksFailed(**request.ids, checks=failed)
        late = now >= waiting.since + timedelta(minutes=required.minutes)
        if late and (missing := by_conclusion[CheckConclusion.PENDING]):
            return ChecksMissing(**request.ids, checks=missing, minutes=required.minutes)
    needs = approvals_of(request)
    if needs and any(_approval(waiting)) and now >= waiting.since + timedelta(hours=needs.hours):
        return ApprovalMissing(**request.ids, hours=needs.hours)
    return None


def _approval(waiting: Waiting) -> Iterator[Gate]:
    needs = approvals_of(waiting.request)
    if needs is None:
        return
    missing = needs.needed - len(waiting.approvers)
    if missing > 0:
        whose = f" of {', '.join(needs.people)}" if needs.people else ""
        sentence = f"{missing} of {needs.needed} approvals are missing{whose}"
        yield Gate(kind=GateKind.APPROVAL, sentence=sentence[:512])


def _freeze(waiting: Waiting, settings: EnvironmentSettings, now: datetime) -> Iterator[Gate]:
    end = None if waiting.overridden else frozen_until(settings.windows, now)
    if end is None:
        return
    in_sight = end - now < FAR - timedelta(minutes=1)
    until = f"until {end:%Y-%m-%d %H:%M %Z}" if in_sight else "with no end in sight"
    yield Gate(kind=GateKind.FREEZE, sentence=f"frozen {until}")


def _checks(waiting: Waiting, settings: EnvironmentSettings, context: Context) -> Iterator[Gate]:
    if not settings.checks or not is_automatic(waiting.request):
        return
    found = _by_conclusion(waiting.request, settings.checks.names, context)
    pending = (*found[CheckConclusion.FAILED], *found[CheckConclusion.PENDING])
    if pending:
        sentence = f"waits for the commit to pass {', '.join(pending)}"
        yield Gate(kind=GateKind.CHECKS, sentence=sentence[:512])


def _by_conclusion(
    request: DeployRequested, names: tuple[CheckName, ...], context: Context
) -> dict[CheckConclusion, tuple[CheckName, ...]]:
    known = context.application.checks.get(request.commit or "", {})
    said = {name: known.get(name, CheckConclusion.PENDING) for name in names}
    return {kind: tuple(n for n in names if said[n] is kind) for kind in CheckConclusion}
