"""What a decision on an environment is told besides the command and the environment's history."""

from dataclasses import dataclass
from uuid import UUID

from services.orchestrator.domain.configuration import Configuration
from services.orchestrator.domain.connected import Application
from services.orchestrator.domain.lifecycle_refusals import IllegalEnded, IllegalLeaving
from services.orchestrator.domain.slot import Environment, Success
from trellis_contracts.deployments import TearDown
from trellis_contracts.message import Message
from trellis_contracts.names import ActorId, EnvironmentId


@dataclass(frozen=True, kw_only=True)
class Context:
    """What a decision on an environment must know besides its own history.

    `asked` is the id of the message that is decided on: a deployment that it makes gets this id.
    `actor` is who asks.
    `source` is the environment that a promotion comes from; `older` the success that a rollback
    names, when the state holds it no more; `run_started` says whether a builder
    has taken the run that holds the slot.
    """

    asked: UUID
    actor: ActorId
    application: Application
    environment_id: EnvironmentId
    source: Environment | None = None
    older: Success | None = None
    run_started: bool = False
    run_seconds: int = 3600

    @property
    def environment(self) -> Configuration:
        """How the environment is set now."""
        return self.application.environment(self.environment_id)

    def refuse_when_leaving(self, command: Message) -> None:
        """Let an application that is being deleted take teardowns only, and what is over too.

        Raises:
            IllegalLeaving: it is being deleted, and the command is no teardown.
            IllegalEnded: the environment's pull request is over.
        """
        if isinstance(command, TearDown):
            return
        if self.application.is_leaving:
            raise IllegalLeaving(self.application.created.name)
        number = self.environment.pull_request
        if number is not None and self.application.is_over(self.environment_id):
            raise IllegalEnded(self.environment.name, number)
