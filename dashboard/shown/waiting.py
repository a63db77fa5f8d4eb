"""What keeps deployments from an environment: gates, a hold, a rule that skips; and what did."""

from datetime import datetime
from typing import Final

from dashboard.shown.cards import Skipped, Waiting
from dashboard.shown.words import age, kind_of, page_of, what, who
from trellis_contracts.rules import GateKind
from trellis_contracts.sentences import short
from trellis_contracts.views import DeploymentView, EnvironmentView

SHOWN_SKIPPED: Final = 3
NOT_PASSED: Final = "Not passed: it is not promoted until a release passes here."
_TURN: Final = "for its turn"


def waits(view: DeploymentView) -> Waiting:
    """Give what a waiting deployment waits for."""
    kinds = {gate.kind for gate in view.gates}
    return Waiting(
        title=f"{kind_of(view.kind)} #{view.number} waits",
        what=what(view),
        href=page_of(view),
        number=view.number,
        gates=tuple(gate.sentence for gate in view.gates) or (_TURN,),
        needs_approval=GateKind.APPROVAL in kinds,
        approved_by=approved_by(view),
        frozen=GateKind.FREEZE in kinds,
    )


def approved_by(view: DeploymentView) -> str:
    """Say who has approved a deployment already; empty: nobody."""
    return ", ".join(map(who, view.approvers))


def hold(environment: EnvironmentView) -> str:
    """Say since which rollback no push deploys; empty: pushes do."""
    held = environment.hold
    if held is None:
        return ""
    barred = f" Barred: {', '.join(map(short, held.barred))}." if held.barred else ""
    return f"No push deploys here since the rollback #{held.number}.{barred}"


def skipped(environment: EnvironmentView, *, now: datetime) -> tuple[Skipped, ...]:
    """Give the newest pushes that were not deployed, newest first."""
    return tuple(
        Skipped(short(one.commit), one.branch, one.detail, age(one.at, now))
        for one in environment.skipped[:SHOWN_SKIPPED]
    )
