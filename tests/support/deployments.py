"""One application with three environments, and the events of its deployments, by short names."""

from datetime import timedelta
from uuid import UUID

from services.orchestrator.domain import application
from services.orchestrator.domain.connected import Application, NotCreated, Surroundings
from services.orchestrator.domain.creating import STAGES
from tests.support.spec import BEGAN, NOW, Spec
from trellis_contracts.applications import CreateApplication
from trellis_contracts.deployments import (
    DeployKind,
    DeployRequested,
    DeployStarted,
    DeploySucceeded,
    EnvironmentTornDown,
    Trigger,
)
from trellis_contracts.failures import TestsFailed
from trellis_contracts.message import Message
from trellis_contracts.names import derived_id
from trellis_contracts.releases import Cloud, Release, StackOutputs
from trellis_contracts.runs import RunSucceeded

SHOP = derived_id("shop")
DEVELOPMENT, STAGING, PRODUCTION = (derived_id(SHOP, stage) for stage in STAGES)
RUN_SECONDS = 3600
ANA, BEN, EVE = "person:ana", "person:ben", "person:eve"
A, B, C = "a" * 40, "b" * 40, "c" * 40

CREATE_SHOP = CreateApplication(
    application_id=SHOP,
    name="shop",
    repository="https://github.com/acme/shop",
    repository_name="acme/shop",
    hook="hook-of-the-shop",
)


def shop(*events: Message) -> Application:
    """The application as it was created, and after these events."""
    created = application.decide(CREATE_SHOP, NotCreated(), context=Surroundings(), now=NOW)
    given = Spec(NotCreated(), application.evolve).given(*created, *events)
    assert isinstance(given.state, Application)
    return given.state


def deployment(number: int) -> UUID:
    """The id of the environment's deployment with this number."""
    return derived_id("deployment", number)


def run(number: int, attempt: int = 1) -> UUID:
    return derived_id(deployment(number), attempt)


def release(commit: str = A, *, by: int = 1, instance: str | None = None) -> Release:
    return Release(
        deployment_id=deployment(by),
        commit=commit,
        branch="main",
        framework="cloudformation",
        artifact="f" * 64,
        stacks=(StackOutputs(stack="shop-development", stack_id="arn:stack"),),
        cloud=Cloud(account="000000000000", region="us-east-1", instance=instance),
    )


def requested(  # noqa: PLR0913 - each is what some test is about
    number: int,
    commit: str | None = A,
    *,
    kind: DeployKind = DeployKind.DEPLOY,
    trigger: Trigger = Trigger.PERSON,
    branch: str | None = "main",
    environment: UUID = DEVELOPMENT,
    brings: Release | None = None,
    source: UUID | None = None,
    delivery: str | None = None,
    after: tuple[Message, ...] = (),
    asked_by: str = ANA,
) -> DeployRequested:
    return DeployRequested(
        application_id=SHOP,
        environment_id=environment,
        deployment_id=deployment(number),
        number=number,
        kind=kind,
        trigger=trigger,
        target=shop(*after).target(environment),
        commit=commit,
        branch=branch,
        delivery=delivery,
        source=source,
        release=brings,
        asked_by=asked_by,
    )


def started(
    number: int,
    *,
    attempt: int = 1,
    fence: int | None = None,
    environment: UUID = DEVELOPMENT,
    late: bool = False,
) -> DeployStarted:
    """`late`: it is started by what is decided, not by what was given."""
    return DeployStarted(
        application_id=SHOP,
        environment_id=environment,
        deployment_id=deployment(number),
        number=number,
        run_id=run(number, attempt),
        fence=fence or number,
        attempt=attempt,
        deadline=(NOW if late else BEGAN) + timedelta(seconds=RUN_SECONDS),
    )


def ids(number: int, environment: UUID = DEVELOPMENT) -> dict[str, UUID | int]:
    return {
        "application_id": SHOP,
        "environment_id": environment,
        "deployment_id": deployment(number),
        "number": number,
    }


def succeeded(
    number: int,
    commit: str = A,
    *,
    kind: DeployKind = DeployKind.DEPLOY,
    environment: UUID = DEVELOPMENT,
    instance: str | None = None,
    by: int | None = None,
    seconds: float = 60,
) -> DeploySucceeded:
    return DeploySucceeded(
        application_id=SHOP,
        environment_id=environment,
        deployment_id=deployment(number),
        number=number,
        run_id=run(number),
        kind=kind,
        release=release(commit, by=by or number, instance=instance),
        seconds=seconds,
    )


def torn_down(number: int) -> EnvironmentTornDown:
    return EnvironmentTornDown(
        application_id=SHOP,
        environment_id=DEVELOPMENT,
        deployment_id=deployment(number),
        number=number,
        run_id=run(number),
        stacks=("shop-development",),
        seconds=60,
    )


def failed(number: int, attempt: int = 1) -> TestsFailed:
    return TestsFailed(
        application_id=SHOP,
        environment_id=DEVELOPMENT,
        deployment_id=deployment(number),
        number=number,
        run_id=run(number, attempt),
        command="npm run test",
        exit_code=1,
    )


def run_succeeded(number: int, commit: str | None = A, *, attempt: int = 1) -> RunSucceeded:
    return RunSucceeded(
        application_id=SHOP,
        environment_id=DEVELOPMENT,
        deployment_id=deployment(number),
        number=number,
        run_id=run(number, attempt),
        release=release(commit, by=number) if commit else None,
        stacks=("shop-development",),
        seconds=3,
    )


def deployed(
    number: int, commit: str = A, *, instance: str | None = None, trigger: Trigger = Trigger.PERSON
) -> tuple[Message, ...]:
    """A deployment from its request to its success."""
    return (
        requested(number, commit, trigger=trigger),
        started(number),
        succeeded(number, commit, instance=instance),
    )
