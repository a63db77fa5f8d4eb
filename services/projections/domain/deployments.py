"""One deployment from its request to its outcome: the view `deployments`."""

from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from services.projections.domain import runs
from trellis_contracts.changes import StackChanges
from trellis_contracts.continuing import RollbackContinued
from trellis_contracts.deployments import (
    CancelRequested,
    CommitResolved,
    DeployCancelled,
    DeployKind,
    DeployRequested,
    DeployStarted,
    DeploySucceeded,
    DeploySuperseded,
    EnvironmentTornDown,
    ReleaseDeployed,
)
from trellis_contracts.failing import DeploymentEvent, Failure
from trellis_contracts.foreseeing import cannot_undo
from trellis_contracts.gating import (
    ContentChanged,
    DeployGated,
    FreezeOverridden,
    PromotionApproved,
)
from trellis_contracts.message import Message, Recorded
from trellis_contracts.names import CommitSha
from trellis_contracts.parties import Party
from trellis_contracts.runs import RunEvent
from trellis_contracts.views import DeploymentState, DeploymentView, FailureView


@dataclass(frozen=True)
class Known:
    """What other events have told: a commit's message, a deployment's number, a preview."""

    message: str | None = None
    rolls_back_to: int | None = None
    stacks: tuple[StackChanges, ...] = ()


NOTHING_KNOWN = Known()


def project(
    view: DeploymentView | None, recorded: Recorded, known: Known = NOTHING_KNOWN
) -> DeploymentView | None:
    """Give the deployment as it is after the event; an unknown one leaves it the same object."""
    event = recorded.event
    if isinstance(event, DeployRequested):
        return _requested(event, recorded, known)
    if view is None or not isinstance(event, DeploymentEvent):
        return view
    if isinstance(event, RunEvent):
        reported = runs.reported(view.runs, event, recorded.envelope.occurred_at)
        return view.model_copy(update={"runs": reported})
    return _moved(view, recorded, known)


def commit_of(event: DeploymentEvent) -> CommitSha | None:
    """Say which commit an event brings into its deployment, if it brings one."""
    match event:
        case DeployRequested():
            return event.commit or (event.release.commit if event.release else None)
        case CommitResolved():
            return event.commit
        case _:
            return None


def _requested(event: DeployRequested, recorded: Recorded, known: Known) -> DeploymentView:
    target, envelope = event.target, recorded.envelope
    return DeploymentView(
        application_id=event.application_id,
        application=target.application,
        environment_id=event.environment_id,
        environment=target.environment,
        deployment_id=event.deployment_id,
        number=event.number,
        kind=event.kind,
        trigger=event.trigger,
        state=DeploymentState.WAITING,
        actor=envelope.actor,
        branch=event.branch,
        commit=commit_of(event),
        message=known.message,
        source=event.source,
        rolls_back_to=known.rolls_back_to,
        requested_at=envelope.occurred_at,
        variables=tuple(sorted(target.variables)),
        secrets=tuple(sorted(target.secrets)),
        content=event.content,
        continues=event.continues,
        cannot_undo=cannot_undo(known.stacks) if event.kind is DeployKind.ROLLBACK else (),
    )


def _moved(view: DeploymentView, recorded: Recorded, known: Known) -> DeploymentView:
    at = recorded.envelope.occurred_at
    match recorded.event:
        case DeployStarted() as event:
            return _started(view, event, at)
        case CommitResolved() as event:
            return view.model_copy(update={"commit": event.commit, "message": known.message})
        case CancelRequested():
            asked_by = {"cancel_requested_by": recorded.envelope.actor}
            return view.model_copy(update={"state": DeploymentState.CANCELLING, **asked_by})
        case ReleaseDeployed() as event:
            return _released(view, event)
        case DeployGated() | PromotionApproved() | ContentChanged() | FreezeOverridden() as event:
            return _gated(view, event)
        case event:
            return _ended(view, event, at)


def _gated(
    view: DeploymentView,
    event: DeployGated | PromotionApproved | ContentChanged | FreezeOverridden,
) -> DeploymentView:
    match event:
        case DeployGated():
            changed: dict[str, object] = {"gates": event.gates}
        case PromotionApproved():
            changed = {"approvers": (*view.approvers, event.approver)}
        case ContentChanged():
            changed = {
                "approvers": (),
                "content": event.content,
                "variables": tuple(sorted(event.target.variables)),
                "secrets": tuple(sorted(event.target.secrets)),
            }
        case FreezeOverridden():
            by, why = event.actor, event.reason
            changed = {"freeze_overridden_by": by, "freeze_override_reason": why}
        case _ as never:
            assert_never(never)
    return view.model_copy(update=changed)


def _ended(view: DeploymentView, event: Message, at: datetime) -> DeploymentView:
    match event:
        case DeploySuperseded():
            over = _finished(view, DeploymentState.SUPERSEDED, at)
            return over.model_copy(update={"superseded_by": event.by})
        case DeployCancelled():
            return _finished(view, DeploymentState.CANCELLED, at)
        case DeploySucceeded():
            return _released(_finished(view, DeploymentState.SUCCEEDED, at), event)
        case EnvironmentTornDown() | RollbackContinued():
            return _finished(view, DeploymentState.SUCCEEDED, at)
        case Failure():
            return _failed(view, event, at)
        case _:
            return view


def _started(view: DeploymentView, event: DeployStarted, at: datetime) -> DeploymentView:
    asked = view.cancel_requested_by is not None
    return view.model_copy(
        update={
            "state": DeploymentState.CANCELLING if asked else DeploymentState.RUNNING,
            "started_at": view.started_at or at,
            "runs": runs.given_out(view.runs, event, at),
            "failure": None,
            "finished_at": None,
            "seconds": None,
            "gates": (),
        }
    )


def _finished(view: DeploymentView, state: DeploymentState, at: datetime) -> DeploymentView:
    seconds = max(0.0, (at - view.started_at).total_seconds()) if view.started_at else None
    return view.model_copy(
        update={
            "state": state,
            "finished_at": at,
            "seconds": seconds,
            "gates": (),
            "runs": runs.settled(view.runs, at),
        }
    )


def _released(view: DeploymentView, event: DeploySucceeded | ReleaseDeployed) -> DeploymentView:
    return view.model_copy(
        update={
            "commit": event.release.commit,
            "branch": view.branch or event.release.branch,
            "stacks": event.release.stacks,
            "cloud": event.release.cloud,
        }
    )


def _failed(view: DeploymentView, event: Failure, at: datetime) -> DeploymentView:
    """*Errored* is what the one who runs Trellis must mend, *failed* what the others must."""
    ours = event.must_act is Party.OPERATOR
    failure = FailureView(
        event=type(event).__name__,
        sentence=event.sentence,
        must_act=event.must_act,
        tail=event.tail,
    )
    state = DeploymentState.ERRORED if ours else DeploymentState.FAILED
    return _finished(view, state, at).model_copy(update={"failure": failure})
