"""Pull requests on the board: apart from the line, since none of them is a step of promotion."""

from datetime import datetime

from dashboard.shown.board import Histories, card
from dashboard.shown.cards import Pulls, Without
from trellis_contracts.sentences import hindered, short
from trellis_contracts.views import ApplicationView


def pulls(application: ApplicationView, histories: Histories, *, now: datetime) -> Pulls:
    """Give the environments of pull requests, and the open ones that have none."""
    theirs = [one for one in application.environments if one.pull_request is not None]
    rule = how_followed(application)
    return Pulls(
        there=bool(rule or theirs),
        rule=rule or "Pull requests get no environments any more: these are being removed.",
        cards=tuple(
            card(application, one, histories.get(one.environment_id, ()), target="", now=now)
            for one in theirs
        ),
        without=_without(application) if rule else (),
    )


def how_followed(application: ApplicationView) -> str:
    """Say how pull requests get environments; empty: they get none."""
    rule = application.following
    if rule is None:
        return ""
    names = {one.environment_id: one.name for one in application.environments}
    return (
        f"Each open one gets an environment like {names.get(rule.template, 'one that is gone')}: "
        f"at most {rule.at_once}, removed after {rule.days} days without a push."
    )


def _without(application: ApplicationView) -> tuple[Without, ...]:
    there = {one.pull_request for one in application.environments if not one.over}
    return tuple(
        Without(
            number=one.number,
            branch=one.branch,
            commit=short(one.commit),
            reason=hindered(one.hindrance) if one.hindrance else "its environment is being made",
        )
        for one in application.pull_requests
        if one.number not in there
    )
