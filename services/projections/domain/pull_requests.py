"""The open pull requests of an application's view, and which environments are over with them."""

from collections.abc import Iterable
from typing import assert_never

from trellis_contracts.pull_requests import (
    PullRequestEnded,
    PullRequestEvent,
    PullRequestHindered,
    PullRequestOpened,
    PullRequestsFollowed,
)
from trellis_contracts.views import ApplicationView, EnvironmentView, PullRequestView


def project(view: ApplicationView, event: PullRequestEvent) -> ApplicationView:
    """Give the application as it is after the event."""
    match event:
        case PullRequestsFollowed():
            over = _over(view.environments, None) if event.following is None else view.environments
            return view.model_copy(update={"following": event.following, "environments": over})
        case PullRequestOpened():
            opened = PullRequestView.model_validate(event.model_dump(include=_SHOWN))
            return _with(view, event.number, opened)
        case PullRequestHindered():
            update = {"hindrance": event.why}
            for known in view.pull_requests:
                if known.number == event.number:
                    return _with(view, event.number, known.model_copy(update=update))
            return view
        case PullRequestEnded():
            over = _over(view.environments, event.number)
            return _with(view.model_copy(update={"environments": over}), event.number)
        case _:
            assert_never(event)


_SHOWN = {"number", "branch", "commit", "foreign"}


def _with(view: ApplicationView, number: int, *now: PullRequestView) -> ApplicationView:
    others = [known for known in view.pull_requests if known.number != number]
    ordered = sorted((*others, *now), key=lambda known: known.number)
    return view.model_copy(update={"pull_requests": tuple(ordered)})


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
