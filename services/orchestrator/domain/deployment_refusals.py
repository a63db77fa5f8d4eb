"""How `decide` says no to a deployment, or to a run that reports on one.

Illegal                                        `refusals`
├── IllegalDeploy, IllegalBranch               not to production; from which branch?
├── IllegalQueue                               too many wait already
├── IllegalRedeploy, IllegalPromotion, IllegalRollback
├── IllegalConfirmation, IllegalTeardown
├── IllegalContinuation                        no stack is stuck, or not at this
├── IllegalCancel                              it neither waits nor runs
└── IllegalFact, IllegalStart, IllegalSuccess  of a run that is not the environment's
"""

from collections.abc import Sequence
from uuid import UUID

from services.orchestrator.domain.refusals import Illegal
from trellis_contracts.asking import RefusalCode


class IllegalDeploy(Illegal):
    """Production takes promotions, rollbacks, redeploys and teardowns only."""

    rule = "production-is-promoted-to"

    def __init__(self, environment: str) -> None:
        super().__init__(
            f"{environment} is a production environment: deploy the commit to another environment "
            "and promote it from there."
        )


class IllegalBranch(Illegal):
    """Nothing says what to deploy."""

    code = RefusalCode.INVALID
    rule = "nothing-to-deploy"

    def __init__(self, environment: str) -> None:
        super().__init__(
            f"{environment} is bound to no branch: name a branch or a commit to deploy."
        )


class IllegalQueue(Illegal):
    """Too many deployments wait for the environment."""

    rule = "queue-full"

    def __init__(self, environment: str, waiting: int) -> None:
        super().__init__(
            f"{waiting} deployments wait for {environment} already: "
            "cancel one that is no longer wanted, or wait for the running one."
        )


class IllegalRedeploy(Illegal):
    """The environment runs nothing."""

    rule = "nothing-to-redeploy"

    def __init__(self, environment: str) -> None:
        super().__init__(f"{environment} runs nothing to redeploy: deploy or promote to it first.")


class IllegalPromotion(Illegal):
    """The source has nothing to promote."""

    rule = "nothing-to-promote"

    def __init__(self, source: str, reason: str) -> None:
        super().__init__(f"Nothing can be promoted from {source}: {reason}.")


class IllegalRollback(Illegal):
    """There is no such earlier success."""

    rule = "nothing-to-roll-back-to"

    def __init__(self, environment: str, successes: Sequence[str]) -> None:
        kept = f"choose one of {', '.join(successes)}" if successes else "deploy to it first"
        super().__init__(f"{environment} has no such success to roll back to: {kept}.")


class IllegalConfirmation(Illegal):
    """A teardown must be confirmed by the environment's name."""

    code = RefusalCode.INVALID
    rule = "teardown-not-confirmed"

    def __init__(self, environment: str) -> None:
        super().__init__(
            f"Tearing down removes everything that {environment} has in the cloud: "
            f"confirm it with the environment's name, {environment}."
        )


class IllegalTeardown(Illegal):
    """Nothing was ever deployed."""

    rule = "nothing-to-tear-down"

    def __init__(self, environment: str) -> None:
        super().__init__(f"{environment} has nothing in the cloud: there is nothing to tear down.")


class IllegalContinuation(Illegal):
    """No rollback of that stack is stuck, or these resources do not block it."""

    rule = "nothing-is-stuck"

    def __init__(self, stack: str, reason: str) -> None:
        super().__init__(f"The rollback of stack {stack} was not continued: {reason}.")


class IllegalCancel(Illegal):
    """The deployment has ended, or is another environment's."""

    rule = "nothing-to-cancel"

    def __init__(self, deployment_id: UUID, environment: str) -> None:
        super().__init__(
            f"Deployment {deployment_id} neither waits nor runs in {environment}: "
            "`trellis history` shows how it ended."
        )


class IllegalFact(Illegal):
    """The run that reports has lost the environment to a newer one."""

    code = RefusalCode.STALE
    rule = "run-is-stale"

    def __init__(self, run_id: UUID, environment: str) -> None:
        super().__init__(
            f"Run {run_id} no longer holds {environment}: end it, its results are not taken."
        )


class IllegalStart(Illegal):
    """Another builder took the run, or it was never started."""

    code = RefusalCode.STALE
    rule = "run-is-another-builders"

    def __init__(self, run_id: UUID, builder: str | None) -> None:
        whose = f"belongs to builder {builder}" if builder else "was never started"
        super().__init__(f"Run {run_id} {whose}: forget it, a run never doubles.")


class IllegalSuccess(Illegal):
    """A deployment cannot succeed without a release."""

    code = RefusalCode.INVALID
    rule = "success-without-release"

    def __init__(self, run_id: UUID) -> None:
        super().__init__(
            f"Run {run_id} says that it succeeded and names no release: report what now runs."
        )
