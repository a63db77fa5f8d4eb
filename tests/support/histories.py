"""Writes histories for tests of what reads them: events of one application, in order."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

from services.chassis.event_store.port import EventStore, StreamState
from services.chassis.recording import Cause, to_new_event
from trellis_contracts import codec, subjects
from trellis_contracts.applications import ApplicationCreated, EnvironmentAdded
from trellis_contracts.deployments import (
    DeployKind,
    DeployRequested,
    DeployStarted,
    DeploySucceeded,
    Trigger,
)
from trellis_contracts.failing import DeploymentEvent
from trellis_contracts.message import Envelope, Message, Recorded
from trellis_contracts.names import derived_id
from trellis_contracts.pushes import PushedCommit, PushReceived
from trellis_contracts.releases import Cloud, Release, StackOutputs, Target
from trellis_contracts.runs import (
    ResourceProgress,
    RunEvent,
    RunStarted,
    StackProgress,
    StepFinished,
    StepStarted,
)
from trellis_contracts.settings import EnvironmentSettings
from trellis_contracts.steps import Step

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
HOOK = "hook_0123456789abcdef"
STAGES = ("development", "staging", "production")


def sha(number: int) -> str:
    """The sha of the n-th commit."""
    return f"{number:040x}"


def recorded(event: Message, *, position: int, actor: str = "person:ana") -> Recorded:
    """The event as it is read at a position; one second passes from one position to the next."""
    stream = stream_of(event)
    return Recorded(
        envelope=Envelope(
            id=derived_id("event", position),
            type=type(event).__name__,
            version=event.schema_version,
            stream=stream,
            stream_version=0,
            position=position,
            previous=position - 1 if position > 1 else None,
            occurred_at=BEGIN + timedelta(seconds=position),
            actor=actor,
            correlation_id=derived_id("correlation"),
            causation_id=derived_id("cause", position),
            sha256=codec.digest(codec.encode(event)),
        ),
        event=event,
    )


def stream_of(event: Message) -> str:
    """The stream that an event is written to."""
    if isinstance(event, RunEvent):
        return subjects.run_stream(event.run_id)
    if isinstance(event, DeploymentEvent):
        return subjects.environment_stream(event.environment_id)
    if isinstance(event, PushReceived):
        return subjects.delivery_stream(event.delivery)
    return subjects.application_stream(getattr(event, "application_id", derived_id("none")))


@dataclass(frozen=True)
class Shop:
    """An application with three environments, and what happens to it."""

    name: str = "shop"
    hook: str = HOOK
    application_id: UUID = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "application_id", derived_id("application", self.name))

    def environment(self, stage: str = "development") -> UUID:
        return derived_id(self.application_id, stage)

    def deployment(self, number: int, stage: str = "development") -> UUID:
        return derived_id(self.environment(stage), number)

    def run(self, number: int, *, attempt: int = 1) -> UUID:
        return derived_id(self.deployment(number), attempt)

    def of(self, number: int, stage: str = "development") -> dict[str, object]:
        """The ids that every event of a deployment carries."""
        return {
            "application_id": self.application_id,
            "environment_id": self.environment(stage),
            "deployment_id": self.deployment(number, stage),
            "number": number,
        }

    def created(self) -> Iterator[Message]:
        yield ApplicationCreated(
            application_id=self.application_id,
            name=self.name,
            repository=f"https://github.com/acme/{self.name}",
            repository_name=f"acme/{self.name}",
            hook=self.hook,
            default_branch="main",
        )
        for stage in STAGES:
            yield EnvironmentAdded(
                application_id=self.application_id,
                environment_id=self.environment(stage),
                name=stage,
                stage=stage,
                production=stage == "production",
                settings=EnvironmentSettings(branch="main" if stage == "development" else None),
            )

    def pushed(self, number: int) -> PushReceived:
        return PushReceived(
            delivery=f"{self.name}-{number}",
            hook=self.hook,
            repository=f"acme/{self.name}",
            branch="main",
            before=sha(number - 1),
            after=sha(number),
            commits=(PushedCommit(sha=sha(number), message=f"Change {number}\n\nwhy"),),
        )

    def target(self, stage: str = "development") -> Target:
        return Target(
            application=self.name,
            environment=stage,
            stage=stage,
            production=stage == "production",
            repository=f"https://github.com/acme/{self.name}",
            settings=EnvironmentSettings(),
            variables={"GREETING": "hello"},
            secrets={"TOKEN": 1},
        )

    def release(self, number: int, stage: str = "development") -> Release:
        return Release(
            deployment_id=self.deployment(number, stage),
            commit=sha(number),
            branch="main",
            framework="cloudformation",
            artifact="ab" * 32,
            stacks=(
                StackOutputs(
                    stack=f"{self.name}-{stage}",
                    stack_id=f"arn:{number}",
                    outputs={"Url": "https://shop.test"},
                ),
            ),
            cloud=Cloud(account="000000000001", region="us-east-1", instance="local-1"),
        )

    def requested(
        self, number: int, *, kind: DeployKind = DeployKind.DEPLOY, release: Release | None = None
    ) -> DeployRequested:
        return DeployRequested.model_validate(
            {
                **self.of(number),
                "kind": kind,
                "trigger": Trigger.PUSH,
                "target": self.target(),
                "commit": None if release else sha(number),
                "branch": "main",
                "release": release,
            }
        )

    def started(self, number: int, *, attempt: int = 1) -> DeployStarted:
        return DeployStarted.model_validate(
            {
                **self.of(number),
                "run_id": self.run(number, attempt=attempt),
                "fence": number,
                "attempt": attempt,
                "deadline": BEGIN + timedelta(hours=1),
            }
        )

    def reported(self, number: int, *, attempt: int = 1) -> Iterator[Message]:
        """What a builder reports on a run that goes well."""
        run = {**self.of(number), "run_id": self.run(number, attempt=attempt)}
        yield RunStarted.model_validate({**run, "builder": "b1", "attempt": attempt})
        yield StepStarted.model_validate({**run, "step": Step.DEPLOY})
        for done, status in ((0, "CREATE_IN_PROGRESS"), (1, "CREATE_COMPLETE")):
            moved = ResourceProgress(
                logical_id="Table", type="AWS::DynamoDB::Table", status=status, at=BEGIN
            )
            yield StackProgress.model_validate(
                {
                    **run, "stack": "shop-development", "status": status, "done": done,
                    "total": 1, "resources": (moved,),
                }
            )  # fmt: skip
        yield StepFinished.model_validate(
            {**run, "step": Step.DEPLOY, "succeeded": True, "exit_code": None, "seconds": 3}
        )

    def succeeded(
        self, number: int, *, kind: DeployKind = DeployKind.DEPLOY, release: Release | None = None
    ) -> DeploySucceeded:
        return DeploySucceeded.model_validate(
            {
                **self.of(number),
                "run_id": self.run(number),
                "kind": kind,
                "release": release or self.release(number),
                "seconds": 5,
            }
        )

    def deployed(self, number: int) -> Iterator[Message]:
        """Everything from a push to its success."""
        yield self.pushed(number)
        yield self.requested(number)
        yield self.started(number)
        yield from self.reported(number)
        yield self.succeeded(number)


def history(*events: Message, start: int = 1) -> list[Recorded]:
    """The events as they are read, at positions from `start` on without a gap."""
    return [recorded(event, position=at) for at, event in enumerate(events, start)]


async def append_all(store: EventStore, events: Sequence[Message]) -> int:
    """Append each event to its stream as the orchestrator would; gives the last position."""
    position = 0
    for event in events:
        cause = Cause(
            actor="person:ana",
            correlation_id=derived_id("correlation"),
            causation_id=derived_id(codec.encode(event)),
        )
        new = to_new_event(event, cause=cause, index=0, now=BEGIN)
        result = await store.append(stream_of(event), [new], expected=StreamState.ANY)
        position = result.position
    return position
