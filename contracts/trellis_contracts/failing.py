"""What every failure of a run has: who must act, the last lines, and a sentence for people."""

from abc import abstractmethod
from typing import ClassVar

from pydantic import Field

from trellis_contracts.message import Message
from trellis_contracts.names import ApplicationId, DeploymentId, EnvironmentId, RunId
from trellis_contracts.parties import Party

Line = str


class DeploymentEvent(Message):
    """Something that happened to one deployment; `number` counts within its environment."""

    application_id: ApplicationId
    environment_id: EnvironmentId
    deployment_id: DeploymentId
    number: int = Field(ge=1)


class Failure(DeploymentEvent):
    """A run ended without what it was for; `tail` holds the last lines that say why."""

    must_act: ClassVar[Party] = Party.AUTHOR

    run_id: RunId
    tail: tuple[Line, ...] = ()

    @property
    @abstractmethod
    def sentence(self) -> str:
        """Say what happened and what to do next, in one sentence."""
