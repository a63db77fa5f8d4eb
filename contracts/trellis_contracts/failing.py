"""What every failure of a run has: who must act, the last lines, and a sentence for people."""

from abc import abstractmethod
from typing import ClassVar, TypedDict

from pydantic import Field

from trellis_contracts.message import Message
from trellis_contracts.names import ApplicationId, DeploymentId, EnvironmentId, RunId
from trellis_contracts.parties import Party

Line = str


class DeploymentIds(TypedDict):
    """What says which deployment an event is about."""

    application_id: ApplicationId
    environment_id: EnvironmentId
    deployment_id: DeploymentId
    number: int


class DeploymentEvent(Message):
    """Something that happened to one deployment; `number` counts within its environment."""

    application_id: ApplicationId
    environment_id: EnvironmentId
    deployment_id: DeploymentId
    number: int = Field(ge=1)

    @property
    def ids(self) -> DeploymentIds:
        """Give what another event of the same deployment begins with."""
        return DeploymentIds(
            application_id=self.application_id,
            environment_id=self.environment_id,
            deployment_id=self.deployment_id,
            number=self.number,
        )


class Failure(DeploymentEvent):
    """A deployment ended without what it was for; `tail` holds the last lines that say why."""

    must_act: ClassVar[Party] = Party.AUTHOR

    tail: tuple[Line, ...] = ()

    @property
    @abstractmethod
    def sentence(self) -> str:
        """Say what happened and what to do next, in one sentence."""


class RunFailure(Failure):
    """A run ended without what it was for."""

    run_id: RunId


class CloudFailure(RunFailure):
    """A run ended that may have changed stacks; all are as they were before, but for `not_back`."""

    schema_version: ClassVar[int] = 2
    not_back: tuple[str, ...] = ()

    @property
    def aftermath(self) -> str:
        """Say which stacks are not what they were, and what to do; empty when all are."""
        if not self.not_back:
            return ""
        return (
            f" Not put back: {', '.join(self.not_back)}, which may run what this deployment was to "
            "bring; the run's log says why. Mend that, then deploy again or roll back."
        )
