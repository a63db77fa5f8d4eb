"""The open pull requests of an application's view, and which environments are over with them."""

from collections.abc import Iterable
from typing import assert_never

from trellis_contracts.message import Recorded
from trellis_contracts.names import ActorId
from trellis_contracts.pull_requests import (
    PullRequestEnded,
    PullRequestEvent,
    PullRequestHindered,
    PullRequestOpened,
    PullRequestsFollowed,
)
from trellis_contracts.trials import TrialEvent, TrialRequested
from trellis_contracts.views import (
    ApplicationView,
    EnvironmentView,
    PullRequestView,
    TrialView,
)


def project(view: ApplicationView, recorded: Recorded) -> ApplicationView:
    """Give the application as it is after an event of its pull requests; others change nothing."""
    event = recorded.event
    if isinstance(event, TrialEvent):
        return _tried(view, event, recorded.envelope.actor)
    return _moved(view, event) if isinstance(event, PullRequestEvent) else view


def _moved(view: ApplicationView, event: PullRequestEvent) -> ApplicationView:
    match event:
        case PullRequestsFollowed():
            over = _over(view.environments, None) if event.following is None else _back(view)
            return view.model_copy(update={"following": event.following, "environments": over})
        case PullRequestOpened():
            opened = PullRequestView.model_validate(event.model_dump(include=_SHOWN))
            known = _known(view, event.number)
            if known and (known.branch, known.foreign) == (event.branch, event.foreign):
                kept = {"trial": known.trial, "hindrance": known.hindrance}
                opened = opened.model_copy(update=kept)
            return _with(view, event.number, opened)
        case PullRequestHindered():
            return _changed(view, event.number, hindrance=event.why)
        case PullRequestEnded():
            over = _over(view.environments, event.number)
            return _with(view.model_copy(update={"environments": over}), event.number)
        case _:
            assert_never(event)


_SHOWN = {"number", "branch", "commit", "foreign"}


def _tried(view: ApplicationView, event: TrialEvent, actor: ActorId) -> ApplicationView:
    known = _known(view, event.number)
    if isinstance(event, TrialRequested):
        trial = TrialView(commit=event.commit, run_id=event.run_id, by=actor)
    elif known and known.trial and known.trial.run_id == event.run_id:
        ended = event.model_dump(include={"passed", "sentence", "tail"})
        trial = known.trial.model_copy(update=ended)
    else:
        return view
    return _changed(view, event.number, trial=trial)


def _known(view: ApplicationView, number: int) -> PullRequestView | None:
    return next((known for known in view.pull_requests if known.number == number), None)


def _changed(view: ApplicationView, number: int, **fields: object) -> ApplicationView:
    known = _known(view, number)
    return _with(view, number, known.model_copy(update=fields)) if known else view


def _with(view: ApplicationView, number: int, *now: PullRequestView) -> ApplicationView:
    others = [known for known in view.pull_requests if known.number != number]
    ordered = sorted((*others, *now), key=lambda known: known.number)
    return view.model_copy(update={"pull_requests": tuple(ordered)})


def forgotten(view: ApplicationView) -> dict[str, object]:
    """Give what changes when the repository is another one: its pull requests are not ours."""
    return {"pull_requests": (), "environments": _over(view.environments, None)}


def _back(view: ApplicationView) -> tuple[EnvironmentView, ...]:
    """Followed again, those that were not gone yet stay, if their pull requests are open."""
    still = {known.number for known in view.pull_requests if not known.foreign}
    return tuple(
        one.model_copy(update={"over": False}) if one.pull_request in still else one
        for one in view.environments
    )


def _over(
    environments: Iterable[EnvironmentView], number: int | None
) -> tuple[EnvironmentView, ...]:
    """Mark those of one pull request, or of all."""
    return tuple(
        one.model_copy(update={"over": True})
        if one.pull_request is not None and number in (None, one.pull_request)
        else one
        for one in environments
    )
