"""An application and its environments: the view `applications`."""

from collections.abc import Mapping
from uuid import UUID

from services.projections.domain import environments, lifecycles, pull_requests
from trellis_contracts.applications import ApplicationCreated, EnvironmentAdded, WatchesChanged
from trellis_contracts.lifecycles import LifecycleEvent
from trellis_contracts.message import Message, Recorded
from trellis_contracts.names import BranchName
from trellis_contracts.pull_requests import PullRequestChanged, PullRequestEvent
from trellis_contracts.pushes import (
    BranchDeleted,
    BranchesListed,
    BranchesUnlisted,
    BranchHeadObserved,
    BranchUnobservable,
    DeliveryIgnored,
    PushReceived,
)
from trellis_contracts.trials import TrialEvent
from trellis_contracts.views import ApplicationView


def project(view: ApplicationView | None, recorded: Recorded) -> ApplicationView | None:
    """Give the application as it is after the event.

    What is not about this application, or not known here, leaves it the same object. A delivery
    is about it when it came by its hook, which the caller has found out.
    """
    event = recorded.event
    if isinstance(event, ApplicationCreated):
        return _created(event, recorded)
    if view is None:
        return None
    if isinstance(event, EnvironmentAdded | LifecycleEvent):
        return lifecycles.project(view, recorded)
    if isinstance(event, PullRequestEvent | TrialEvent):
        return pull_requests.project(view, recorded)
    environment = getattr(event, "environment_id", None)
    if environment is not None:
        return lifecycles.hindered(_in_environment(view, environment, recorded), recorded)
    return _heard(view, event)


def _created(event: ApplicationCreated, recorded: Recorded) -> ApplicationView:
    return ApplicationView(
        application_id=event.application_id,
        name=event.name,
        repository=event.repository,
        default_branch=event.default_branch,
        folder=event.folder,
        created_at=recorded.envelope.occurred_at,
    )


def _in_environment(
    view: ApplicationView, environment: UUID, recorded: Recorded
) -> ApplicationView:
    after = tuple(
        environments.project(one, recorded) if one.environment_id == environment else one
        for one in view.environments
    )
    if all(new is old for new, old in zip(after, view.environments, strict=True)):
        return view
    return view.model_copy(update={"environments": after})


def _heard(view: ApplicationView, event: Message) -> ApplicationView:
    match event:
        case BranchHeadObserved() | BranchesListed():
            heads = {**view.heads, **_heads_in(event)}
            return view.model_copy(update={"heads": heads, "unobservable": None})
        case WatchesChanged():
            return view.model_copy(update={"watches": event.paths})
        case BranchUnobservable() | BranchesUnlisted():
            return view.model_copy(update={"unobservable": event.detail})
        case BranchDeleted():
            heads = _without(view.heads, event.branch)
            return view.model_copy(update={"heads": heads, "webhook_seen": True})
        case PushReceived() | PullRequestChanged() | DeliveryIgnored() if not view.webhook_seen:
            return view.model_copy(update={"webhook_seen": True})
        case _:
            return view


def _heads_in(event: BranchHeadObserved | BranchesListed) -> Mapping[BranchName, str]:
    return event.heads if isinstance(event, BranchesListed) else {event.branch: event.commit}


def _without(heads: dict[BranchName, str], branch: BranchName) -> dict[BranchName, str]:
    return {other: commit for other, commit in heads.items() if other != branch}
