"""One environment on the board: its settings, its queue and what it runs."""

from typing import TypeVar

from trellis_contracts.applications import (
    CredentialsStored,
    EnvironmentAdded,
    EnvironmentConfigured,
    SecretRemoved,
    SecretStored,
    VariableRemoved,
    VariableSet,
)
from trellis_contracts.continuing import RollbackContinued
from trellis_contracts.deployments import (
    DeployCancelled,
    DeployRequested,
    DeployStarted,
    DeploySucceeded,
    DeploySuperseded,
    EnvironmentTornDown,
    ReleaseDeployed,
    ReleaseVanished,
)
from trellis_contracts.failing import DeploymentEvent, Failure
from trellis_contracts.gating import AutomaticHeld, DeploySkipped, HoldLifted
from trellis_contracts.message import Message, Recorded
from trellis_contracts.names import DeploymentId
from trellis_contracts.views import EnvironmentView, HoldView, ReleaseView, SkipView

MOST_SKIPPED = 10
"""Skipped pushes that an environment shows."""

T = TypeVar("T")


def added(event: EnvironmentAdded) -> EnvironmentView:
    """Give the view of an environment that was never deployed to."""
    return EnvironmentView(
        environment_id=event.environment_id,
        name=event.name,
        stage=event.stage,
        production=event.production,
        settings=event.settings,
        pull_request=event.pull_request,
        template=event.template,
    )


def project(view: EnvironmentView, recorded: Recorded) -> EnvironmentView:
    """Give the environment as it is after an event of its own; any other leaves it the same."""
    if isinstance(recorded.event, DeploymentEvent):
        return _deployed(view, recorded, recorded.event)
    return _set(view, recorded)


def _set(view: EnvironmentView, recorded: Recorded) -> EnvironmentView:
    changed = _settings(view, recorded.event) or _held(view, recorded)
    return view.model_copy(update=changed) if changed else view


def _settings(view: EnvironmentView, event: Message) -> dict[str, object]:
    changed: dict[str, object] = {}
    match event:
        case EnvironmentConfigured():
            changed = {"settings": event.settings}
        case VariableSet():
            changed = {"variables": {**view.variables, event.name: event.value}}
        case VariableRemoved():
            changed = {"variables": _without(view.variables, event.name)}
        case SecretStored():
            changed = {"secrets": {**view.secrets, event.name: event.version}}
        case SecretRemoved():
            changed = {"secrets": _without(view.secrets, event.name)}
        case CredentialsStored():
            changed = {"credentials_version": event.version}
        case ReleaseVanished() if view.release:
            changed = {"release": view.release.model_copy(update={"gone": True})}
    return changed


def _held(view: EnvironmentView, recorded: Recorded) -> dict[str, object]:
    at = recorded.envelope.occurred_at
    match recorded.event:
        case DeploySkipped() as event:
            named = event.model_dump(include={"branch", "commit", "reason", "detail"})
            return {"skipped": (SkipView(**named, at=at), *view.skipped)[:MOST_SKIPPED]}
        case AutomaticHeld() as event:
            barred = (*(view.hold.barred if view.hold else ()), *filter(None, [event.commit]))
            return {"hold": HoldView(number=event.number, barred=barred, since=at)}
        case HoldLifted():
            return {"hold": None}
        case _:
            return {}


def _deployed(view: EnvironmentView, recorded: Recorded, event: DeploymentEvent) -> EnvironmentView:
    match event:
        case DeployRequested():
            waiting = (*view.waiting, event.deployment_id)
            return view.model_copy(update={"waiting": waiting, "last": event.deployment_id})
        case DeployStarted():
            freed = _ended(view, event.deployment_id)
            return freed.model_copy(update={"running": event.deployment_id})
        case ReleaseDeployed() | DeploySucceeded():
            passed = isinstance(event, DeploySucceeded)
            freed = _ended(view, event.deployment_id) if passed else view
            return freed.model_copy(update={"release": _release(event, recorded)})
        case EnvironmentTornDown():
            freed = _ended(view, event.deployment_id)
            return freed.model_copy(update={"release": None, "hold": None})
        case RollbackContinued() | DeploySuperseded() | DeployCancelled() | Failure():
            return _ended(view, event.deployment_id)
        case _:
            return view


def _ended(view: EnvironmentView, deployment: DeploymentId) -> EnvironmentView:
    waiting = tuple(other for other in view.waiting if other != deployment)
    running = None if view.running == deployment else view.running
    return view.model_copy(update={"waiting": waiting, "running": running})


def _release(event: DeploySucceeded | ReleaseDeployed, recorded: Recorded) -> ReleaseView:
    return ReleaseView(
        deployment_id=event.deployment_id,
        number=event.number,
        commit=event.release.commit,
        branch=event.release.branch,
        stacks=event.release.stacks,
        cloud=event.release.cloud,
        since=recorded.envelope.occurred_at,
        passed=isinstance(event, DeploySucceeded),
    )


def _without(named: dict[str, T], name: str) -> dict[str, T]:
    return {other: value for other, value in named.items() if other != name}
