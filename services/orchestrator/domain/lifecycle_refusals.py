"""How `decide` says no to changing or ending an application or one of its environments.

Illegal                                   `refusals`
├── IllegalLeaving                        the application is being deleted
├── IllegalDeletion, IllegalEnd           not confirmed by the name
├── IllegalStage, IllegalOrder            one stage twice; not all environments, each once
├── IllegalTemplate, IllegalInherited, IllegalEnded   of pull requests
├── IllegalClass                          pushes deploy what is to be production
└── IllegalLast, IllegalBusy, IllegalOccupied   an environment that cannot be removed
"""

from collections.abc import Sequence

from services.orchestrator.domain.refusals import Illegal
from trellis_contracts.asking import RefusalCode


class IllegalLeaving(Illegal):
    """The application is being deleted: it takes teardowns, and what lets them succeed."""

    rule = "application-is-being-deleted"

    def __init__(self, application: str) -> None:
        super().__init__(
            f"{application} is being deleted, so it takes teardowns only: "
            "`trellis apps show` says what is left of it."
        )


class IllegalDeletion(Illegal):
    """A deletion must be confirmed by the application's name."""

    code = RefusalCode.INVALID
    rule = "deletion-not-confirmed"

    def __init__(self, application: str) -> None:
        super().__init__(
            f"Deleting tears down everything that {application} runs and removes its secrets: "
            f"confirm it with the application's name, {application}."
        )


class IllegalEnd(Illegal):
    """A removal must be confirmed by the environment's name."""

    code = RefusalCode.INVALID
    rule = "removal-not-confirmed"

    def __init__(self, environment: str) -> None:
        super().__init__(
            f"Removing {environment} removes its settings and secrets: "
            f"confirm it with the environment's name, {environment}."
        )


class IllegalStage(Illegal):
    """Two environments of one application cannot have one stage: they would be one in the cloud."""

    rule = "stage-taken"

    def __init__(self, stage: str, environment: str) -> None:
        super().__init__(f"The stage {stage} is that of {environment}: give another stage.")


class IllegalTemplate(Illegal):
    """An environment cannot be, or must stay, the template of pull requests."""

    rule = "template"

    def __init__(self, reason: str) -> None:
        super().__init__(f"{reason}, `trellis apps pulls APP --template NAME`, or --off.")


class IllegalInherited(Illegal):
    """The environment of a pull request has no values of its own."""

    rule = "values-of-template"

    def __init__(self, environment: str) -> None:
        super().__init__(
            f"{environment} is a pull request's: it uses the variables, secrets and credentials "
            "of its template. Set them there."
        )


class IllegalEnded(Illegal):
    """The environment's pull request is over: it takes its teardown only."""

    rule = "pull-request-is-over"

    def __init__(self, environment: str, number: int) -> None:
        super().__init__(
            f"Pull request {number} needs no environment any more, so {environment} is being "
            "removed. Reopen the pull request, and it gets a new one."
        )


class IllegalOrder(Illegal):
    """An order names every environment once."""

    code = RefusalCode.INVALID
    rule = "order-is-not-whole"

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__(
            f"The order must name each environment once: there are {', '.join(names)}."
        )


class IllegalClass(Illegal):
    """A push must never deploy to production: one that pushes deploy cannot become it."""

    rule = "production-is-never-automatic"

    def __init__(self, environment: str) -> None:
        super().__init__(
            f"Pushes deploy to {environment}, and never to a production environment: switch that "
            f"off first, `trellis apps settings APP {environment} --manual`."
        )


class IllegalLast(Illegal):
    """An application keeps one environment."""

    rule = "last-environment"

    def __init__(self, environment: str) -> None:
        super().__init__(
            f"{environment} is the application's last environment: add another one first, "
            "or delete the application."
        )


class IllegalBusy(Illegal):
    """A deployment of the environment waits or runs."""

    rule = "environment-is-busy"

    def __init__(self, environment: str) -> None:
        super().__init__(
            f"A deployment of {environment} waits or runs: cancel it, or let it end, first."
        )


class IllegalOccupied(Illegal):
    """The environment may have something in the cloud."""

    rule = "environment-is-in-the-cloud"

    def __init__(self, environment: str) -> None:
        super().__init__(
            f"{environment} may still have something in the cloud: tear it down first, "
            f"`trellis teardown APP {environment}`."
        )
