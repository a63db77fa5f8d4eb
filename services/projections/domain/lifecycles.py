"""How an application's view changes and ends: names, repository, the line, its deletion."""

from services.projections.domain import environments, pull_requests
from trellis_contracts.applications import EnvironmentAdded
from trellis_contracts.deployments import DeployCancelled, DeployRequested
from trellis_contracts.failing import Failure
from trellis_contracts.lifecycles import (
    ApplicationDeleted,
    ApplicationDeletionRequested,
    ApplicationRenamed,
    EnvironmentClassified,
    EnvironmentRemoved,
    EnvironmentRenamed,
    EnvironmentsReordered,
    FolderChanged,
    Mover,
    RepositoryMoved,
)
from trellis_contracts.message import Recorded
from trellis_contracts.names import EnvironmentId
from trellis_contracts.views import ApplicationView, DeletionView, EnvironmentView


def project(view: ApplicationView, recorded: Recorded) -> ApplicationView:
    """Give the application as it is after it, or its line of environments, has changed."""
    return view.model_copy(update=_changed(view, recorded) or _lined_up(view, recorded))


def hindered(view: ApplicationView, recorded: Recorded) -> ApplicationView:
    """Say of an application that is to go why an environment is still there."""
    event, deletion = recorded.event, view.deletion
    if deletion is None or not isinstance(event, Failure | DeployCancelled | DeployRequested):
        return view
    name = _name_of(view, event.environment_id)
    failures = {other: why for other, why in deletion.failures.items() if other != name}
    if isinstance(event, Failure):
        failures[name] = event.sentence
    if isinstance(event, DeployCancelled):
        failures[name] = f"Deployment #{event.number} was cancelled."
    return view.model_copy(update={"deletion": deletion.model_copy(update={"failures": failures})})


def _changed(view: ApplicationView, recorded: Recorded) -> dict[str, object]:
    match recorded.event:
        case ApplicationRenamed() as event:
            return {"name": event.name}
        case RepositoryMoved() as event:
            moved: dict[str, object] = {"repository": event.repository, "unobservable": None}
            if event.why is Mover.FORGE:
                return moved
            return {**moved, "heads": {}, **pull_requests.forgotten(view)}
        case FolderChanged() as event:
            return {"folder": event.folder}
        case ApplicationDeletionRequested() | ApplicationDeleted():
            return {"deletion": _deletion(view, recorded)}
        case _:
            return {}


def _deletion(view: ApplicationView, recorded: Recorded) -> DeletionView:
    at, actor = recorded.envelope.occurred_at, recorded.envelope.actor
    asked = view.deletion or DeletionView(actor=actor, requested_at=at)
    gone = at if isinstance(recorded.event, ApplicationDeleted) else None
    return asked.model_copy(update={"failures": {}, "deleted_at": gone})


def _lined_up(view: ApplicationView, recorded: Recorded) -> dict[str, object]:
    there = {one.environment_id: one for one in view.environments}
    match recorded.event:
        case EnvironmentAdded() as event:
            there[event.environment_id] = environments.added(event)
        case EnvironmentRenamed() as event if event.environment_id in there:
            renamed = there[event.environment_id].model_copy(update={"name": event.name})
            there[event.environment_id] = renamed
        case EnvironmentClassified() as event if event.environment_id in there:
            classified = there[event.environment_id]
            there[event.environment_id] = classified.model_copy(
                update={"production": event.production}
            )
        case EnvironmentsReordered() as event:
            order = [one for one in event.environments if one in there]
            there = {one: there[one] for one in (*order, *there)}
        case EnvironmentRemoved() as event if event.environment_id in there:
            removed: tuple[EnvironmentView, ...] = (*view.removed, there.pop(event.environment_id))
            return {"environments": tuple(there.values()), "removed": removed}
    return {"environments": tuple(there.values())}


def _name_of(view: ApplicationView, environment_id: EnvironmentId) -> str:
    names = {one.environment_id: one.name for one in view.environments}
    return names.get(environment_id, str(environment_id))
