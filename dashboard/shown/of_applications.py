"""What the dialog says before something is done to an application: pure functions of views."""

from collections.abc import Callable, Mapping
from typing import Final

from dashboard.errors import Declined
from dashboard.shown.question import Question, Request
from dashboard.shown.words import pages_of
from trellis_contracts.views import ApplicationView


def question_of_application(kind: str, application: ApplicationView) -> Request:
    """Give what to ask before this is done to an application. Raises Declined: nobody does that."""
    if kind not in _OF_APPLICATIONS:
        raise Declined("There is no such request.")
    return _OF_APPLICATIONS[kind](application)


def _deletion(application: ApplicationView) -> Request:
    running = [one.name for one in application.environments if one.release]
    said = (
        "Everything that it has in the cloud is torn down, then its secrets and its hook are "
        f"removed and its name is free. It runs in: {', '.join(running) or 'no environment'}. "
        "Its history stays."
    )
    asked = Question(
        f"Delete {application.name}", said, "Delete application", danger=True,
        warning="What its stacks store goes with them. Nothing brings it back.",
        needs_name=application.name, name_label="Name of the application",
    )  # fmt: skip
    return Request(
        asked, "deletion", tries=True, tried={"confirm": application.name},
        leads_to=pages_of(application.name),
    )  # fmt: skip


def _unfollowing(application: ApplicationView) -> Request:
    there = [one.name for one in application.environments if one.pull_request is not None]
    said = (
        "Pull requests get no environments any more. Those that are there are torn down and "
        f"removed: {', '.join(there) or 'there is none'}."
    )
    asked = Question("Switch environments of pull requests off", said, "Switch off", danger=True)
    return Request(asked, "pull-requests", {"following": None}, method="PUT")


_OF_APPLICATIONS: Final[Mapping[str, Callable[[ApplicationView], Request]]] = {
    "delete": _deletion,
    "unfollow": _unfollowing,
}
