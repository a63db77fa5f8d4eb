"""How `decide` says no to a trial.

Illegal                                   `refusals`
└── IllegalTrial                          not a fork's, not there, or not that commit
"""

from services.orchestrator.domain.refusals import Illegal


class IllegalTrial(Illegal):
    """Only the commit at which an open pull request of a fork stands can be tried."""

    rule = "not-to-be-tried"

    def __init__(self, number: int, reason: str) -> None:
        super().__init__(
            f"Pull request {number} {reason}: only the newest commit of one that "
            "comes from a fork is tried. `trellis apps pulls APP` shows which are open."
        )
