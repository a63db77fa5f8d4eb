"""Asking the environment of a test what follows from a command."""

from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

from services.orchestrator.domain.context import Context
from services.orchestrator.domain.environment import EnvironmentQuestion, decide
from services.orchestrator.domain.slot import Environment, Success
from tests.support.deployments import ANA, DEVELOPMENT, deployment, shop
from tests.support.spec import NOW
from trellis_contracts.deployments import EnvironmentEvent
from trellis_contracts.message import Message


def ask(  # noqa: PLR0913 - each is what some test is about
    command: EnvironmentQuestion,
    *,
    number: int = 99,
    environment: UUID = DEVELOPMENT,
    source: Environment | None = None,
    taken: bool = False,
    older: Success | None = None,
    after: Sequence[Message] = (),
    actor: str = ANA,
    now: datetime = NOW,
) -> Callable[[Environment], Sequence[EnvironmentEvent]]:
    """Decide `NOW`; a deployment that comes of it has this number.

    `after` is what happened to the application, `taken` says that a builder has the run.
    """
    context = Context(
        asked=deployment(number),
        actor=actor,
        application=shop(*after),
        environment_id=environment,
        source=source,
        older=older,
        run_started=taken,
    )

    def answer(state: Environment) -> Sequence[EnvironmentEvent]:
        return decide(command, state, context=context, now=now)

    return answer
