"""Whether a push is believed: deliveries arrive late, twice, and out of order."""

from trellis_contracts.names import CommitSha
from trellis_contracts.pushes import PushReceived


def is_next(push: PushReceived, known: CommitSha | None) -> bool:
    """Say whether the push tells where its branch stands now, given the head that is known.

    It does when it starts where the branch was known to be, forced or not, when nothing was
    known, and when it tells what is known already. Any other push was overtaken, or another one
    was missed: then only the remote can tell.
    """
    return known is None or known in (push.before, push.after)
