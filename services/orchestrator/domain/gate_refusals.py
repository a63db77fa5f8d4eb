"""How `decide` says no to what people say of a deployment that waits, and to rules that are wrong.

Illegal                   `refusals`
├── IllegalApproval       nothing to approve, changed since, or not by you
├── IllegalOverride       nothing is frozen
├── IllegalHold           nothing is held
├── IllegalBarred         a rollback took this commit away
├── IllegalWindow         no cron expression, no time zone
├── IllegalApprovals      more approvals than people who may approve
└── IllegalPattern        a glob of branches where one branch is needed
"""

from collections.abc import Sequence

from services.orchestrator.domain.refusals import Illegal
from trellis_contracts.asking import RefusalCode


class IllegalApproval(Illegal):
    """It cannot be approved, or not by this person."""

    rule = "not-to-be-approved"

    def __init__(self, reason: str) -> None:
        super().__init__(f"It was not approved: {reason}.")


class IllegalOverride(Illegal):
    """There is no freeze to pass."""

    rule = "nothing-is-frozen"

    def __init__(self, reason: str) -> None:
        super().__init__(f"There is no freeze to override: {reason}.")


class IllegalHold(Illegal):
    """No rollback holds pushes back."""

    rule = "nothing-is-held"

    def __init__(self, environment: str) -> None:
        super().__init__(f"Pushes are not held back from {environment}: there is nothing to lift.")


class IllegalBarred(Illegal):
    """The commit was rolled back."""

    rule = "commit-is-barred"

    def __init__(self, environment: str, commit: str, number: int) -> None:
        super().__init__(
            f"Commit {commit[:7]} was taken away from {environment} by the rollback #{number}: "
            f"deploy a newer one, or lift the bar with `trellis resume … {environment}`."
        )


class IllegalWindow(Illegal):
    """A window that could never be read."""

    code = RefusalCode.INVALID
    rule = "window-unreadable"

    def __init__(self, fault: str) -> None:
        super().__init__(f"The window cannot be used: {fault}.")


class IllegalApprovals(Illegal):
    """So many can never agree."""

    code = RefusalCode.INVALID
    rule = "approvals-out-of-reach"

    def __init__(self, needed: int, people: Sequence[str]) -> None:
        super().__init__(
            f"{needed} approvals are needed and {len(people)} may approve ({', '.join(people)}): "
            "need fewer, or name more people."
        )


class IllegalPattern(Illegal):
    """A glob does not say which branch to deploy."""

    code = RefusalCode.INVALID
    rule = "branch-is-a-pattern"

    def __init__(self, environment: str, pattern: str) -> None:
        super().__init__(
            f"{environment} is bound to {pattern}, which stands for several branches: "
            "name a branch or a commit to deploy."
        )
