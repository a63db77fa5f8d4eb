"""Where the branches of a glob stand, by the remote's own list of them.

A part of the application's stream. What a list tells that is recorded and deploys nothing becomes
one BranchesListed; every other head of it is heard of by itself, as that of any branch.
"""

from dataclasses import replace
from datetime import datetime

from services.orchestrator.domain.connected import Application, Surroundings
from services.orchestrator.domain.heads import is_asked, is_no_news
from trellis_contracts.names import BranchName, CommitSha
from trellis_contracts.pushes import BranchesListed, BranchesUnlisted, heads_of

Listing = BranchesListed | BranchesUnlisted


def evolve(state: Application, event: Listing, *, at: datetime) -> Application:
    """Give the state after a list."""
    mute = {name: why for name, why in state.unobservable.items() if name != event.pattern}
    if isinstance(event, BranchesUnlisted):
        return replace(state, unobservable={**mute, event.pattern: event.detail})
    return replace(
        state,
        heads={**state.heads, **event.heads},
        moved={**state.moved, **dict.fromkeys(event.heads, at)},
        unobservable=mute,
        listed={**state.listed, event.pattern: not event.more},
    )


def decide(fact: Listing, state: Application, context: Surroundings) -> list[Listing]:
    """Give what is recorded of it, once it is known for certain that nothing of that deploys."""
    if fact.pattern not in state.followed() or not is_asked(state, context):
        return []
    if isinstance(fact, BranchesUnlisted):
        told = state.unobservable.get(fact.pattern) == fact.detail
        return [] if told else [fact]
    quiet, whole = _quiet(fact, state, context), state.listed.get(fact.pattern)
    known = whole is not None and whole is not fact.more
    if known and not quiet and fact.pattern not in state.unobservable:
        return []
    return [fact.model_copy(update={"heads": quiet})]


def forgotten(state: Application) -> Application:
    """Give the state without the lists of globs that nothing follows any more.

    Bound again later, a glob is looked at for the first time.
    """
    if not state.listed:
        return state
    followed = set(state.followed())
    listed = {pattern: whole for pattern, whole in state.listed.items() if pattern in followed}
    return state if listed == state.listed else replace(state, listed=listed)


def _quiet(
    fact: BranchesListed, state: Application, context: Surroundings
) -> dict[BranchName, CommitSha]:
    """Pick the heads that deploy nothing.

    At the first look these are all. After a list that was cut short they are those of branches
    that were never heard of: they may have been there all the time.
    """
    whole = state.listed.get(fact.pattern)
    if whole:
        return {}
    news = (head for head in heads_of(fact) if not is_no_news(head, state, context))
    return {
        head.branch: head.commit for head in news if whole is None or head.branch not in state.heads
    }
