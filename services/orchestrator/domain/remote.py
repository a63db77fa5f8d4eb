"""Where an application's branches stand, by a push or by the remote's own answer.

A part of the application's stream.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from services.orchestrator.domain import listing
from services.orchestrator.domain.connected import Application, Surroundings
from services.orchestrator.domain.heads import is_asked, is_no_news
from services.orchestrator.domain.listing import Listing
from trellis_contracts.pull_requests import Ending, PullRequestEnded
from trellis_contracts.pushes import (
    BranchesListed,
    BranchesUnlisted,
    BranchHeadObserved,
    BranchUnobservable,
)

Heard = BranchHeadObserved | BranchUnobservable | Listing
HeardEvent = Heard | PullRequestEnded


def evolve(state: Application, event: Heard, *, at: datetime) -> Application:
    """Give the state after what was heard."""
    if isinstance(event, BranchesListed | BranchesUnlisted):
        return listing.evolve(state, event, at=at)
    mute = {branch: why for branch, why in state.unobservable.items() if branch != event.branch}
    if isinstance(event, BranchUnobservable):
        return replace(state, unobservable={**mute, event.branch: event.detail})
    heads, moved = {**state.heads, event.branch: event.commit}, {**state.moved, event.branch: at}
    return replace(state, heads=heads, moved=moved, unobservable=mute)


def decide(fact: Heard, state: Application, context: Surroundings) -> list[HeardEvent]:
    """Give what is news of it."""
    if isinstance(fact, BranchesListed | BranchesUnlisted):
        return [*listing.decide(fact, state, context)]
    if isinstance(fact, BranchUnobservable):
        return _unobservable(fact, state, context) if is_asked(state, context) else []
    return [] if is_no_news(fact, state, context) else [fact]


def _unobservable(
    fact: BranchUnobservable, state: Application, context: Surroundings
) -> list[HeardEvent]:
    """A branch that the remote has no more takes its pull requests with it.

    An answer to what was asked before they moved last may be older than they are.
    """
    told = state.unobservable.get(fact.branch) == fact.detail
    return [*([] if told else [fact]), *_ended(fact, state, context)]


def _ended(
    fact: BranchUnobservable, state: Application, context: Surroundings
) -> Iterator[PullRequestEnded]:
    asked_at = context.asked_at
    if not fact.gone or asked_at is None or state.moved_since(fact.branch, asked_at):
        return
    for request in state.pull_requests.open.values():
        own = request.branch == fact.branch and not request.foreign
        if own and request.moved < asked_at:
            yield PullRequestEnded(
                application_id=fact.application_id,
                number=request.number,
                why=Ending.BRANCH_DELETED,
            )
