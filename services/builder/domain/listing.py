"""Which branches of a glob are told, when there are more than are looked at."""

from collections.abc import Mapping

from trellis_contracts.names import BranchName, CommitSha
from trellis_contracts.pushes import MOST_LISTED, BranchesListed, in_order
from trellis_contracts.runs import ListBranches


def listed(question: ListBranches, heads: Mapping[BranchName, CommitSha]) -> BranchesListed:
    """Tell the heads; if there are many, those that come last: `release/10` after `release/9`."""
    last = sorted(heads, key=in_order)[-MOST_LISTED:]
    return BranchesListed(
        application_id=question.application_id,
        pattern=question.pattern,
        heads={branch: heads[branch] for branch in last},
        more=len(heads) > MOST_LISTED,
    )
