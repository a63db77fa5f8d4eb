"""Whether a push or an answer is believed: both arrive late, twice, and out of order."""

from services.orchestrator.domain.connected import Application, Surroundings
from trellis_contracts.names import CommitSha
from trellis_contracts.pushes import BranchHeadObserved, HeadSource, PushReceived


def is_next(push: PushReceived, known: CommitSha | None) -> bool:
    """Say whether the push tells where its branch stands now, given the head that is known.

    It does when it starts where the branch was known to be, forced or not, when nothing was
    known, and when it tells what is known already. Any other push was overtaken, or another one
    was missed: then only the remote can tell.
    """
    return known is None or known in (push.before, push.after)


def is_asked(state: Application, context: Surroundings) -> bool:
    """Say whether it is this repository that has answered."""
    since = state.repointed
    return since is None or (context.asked_at is not None and context.asked_at > since)


def is_no_news(head: BranchHeadObserved, state: Application, context: Surroundings) -> bool:
    """Say whether it is known, or what the remote said before the branch moved on."""
    if state.heads.get(head.branch) == head.commit:
        return head.branch not in state.unobservable
    return head.source is HeadSource.REMOTE and state.moved_since(head.branch, context.asked_at)
