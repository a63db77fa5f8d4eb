"""Where an application's branches stand, by a push or by the remote's own answer.

A part of the application's stream.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from services.orchestrator.domain.connected import Application, Surroundings
from trellis_contracts.pull_requests import Ending, PullRequestEnded
from trellis_contracts.pushes import BranchHeadObserved, BranchUnobservable, HeadSource

Heard = BranchHeadObserved | BranchUnobservable
HeardEvent = Heard | PullRequestEnded


def evolve(state: Application, event: Heard, *, at: datetime) -> Application:
    """Give the state after what was heard."""
    mute = {branch: why for branch, why in state.unobservable.items() if branch != event.branch}
    if isinstance(event, BranchUnobservable):
        return replace(state, unobservable={**mute, event.branch: event.detail})
    heads, moved = {**state.heads, event.branch: event.commit}, {**state.moved, event.branch: at}
    return replace(state, heads=heads, moved=moved, unobservable=mute)


def decide(fact: Heard, state: Application, context: Surroundings) -> list[HeardEvent]:
    """Give what is news of it."""
    if isinstance(fact, BranchUnobservable):
        return _unobservable(fact, state, context) if _is_asked(state, context) else []
    return [] if _is_no_news(fact, state, context) else [fact]


def _is_asked(state: Application, context: Surroundings) -> bool:
    """Say whether it is this repository that has answered."""
    since = state.repointed
    return since is None or (context.asked_at is not None and context.asked_at > since)


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


def _is_no_news(head: BranchHeadObserved, state: Application, context: Surroundings) -> bool:
    """What is known, and what the remote said before the branch moved on, is no news."""
    if state.heads.get(head.branch) == head.commit:
        return head.branch not in state.unobservable
    return head.source is HeadSource.REMOTE and state.moved_since(head.branch, context.asked_at)
