"""Answers commands on applications, and facts about their branches."""

from datetime import datetime

from services.chassis.clock import Clock
from services.orchestrator.adapters.routing import Index
from services.orchestrator.adapters.streams import APPLICATIONS, ENVIRONMENTS, Streams
from services.orchestrator.adapters.turns import Turns
from services.orchestrator.domain import application
from services.orchestrator.domain.application import ApplicationQuestion
from services.orchestrator.domain.connected import ApplicationState, Surroundings
from services.orchestrator.domain.slot import Environment
from services.orchestrator.handlers.answering import Desk
from trellis_contracts import subjects
from trellis_contracts.applications import ApplicationEvent, CreateApplication
from trellis_contracts.asking import Accepted, Asked, Refused
from trellis_contracts.lifecycles import RenameApplication
from trellis_contracts.names import ApplicationId, EnvironmentId


class Applications:
    """Every application; whatever gives a name takes turns, so that one is given once."""

    def __init__(self, desk: Desk, streams: Streams, index: Index, *, clock: Clock) -> None:
        self._desk, self._streams, self._index, self._clock = desk, streams, index, clock
        self._turns = Turns()

    async def answer(
        self, command: ApplicationQuestion, asked: Asked, *, asked_at: datetime | None = None
    ) -> Accepted | Refused:
        """Decide on the command, and give the answer.

        `asked_at` is when the remote was asked for the fact that it is, if that is known.
        """

        async def decide(state: ApplicationState) -> list[ApplicationEvent]:
            held = {one: await self._held(one) for one in application.ends(command, state)}
            names = self._index.names()
            context = Surroundings(names=names, held=held, asked_at=asked_at)
            return application.decide(command, state, context=context, now=self._clock())

        names = isinstance(command, CreateApplication | RenameApplication)
        stream = subjects.application_stream(command.application_id)
        async with self._turns.of("a new name" if names else stream):
            return await self._desk.settle(APPLICATIONS, stream, asked=asked, decide=decide)

    async def state(self, application_id: ApplicationId) -> ApplicationState:
        """Give an application as it is recorded now."""
        stream = subjects.application_stream(application_id)
        return (await self._streams.load(APPLICATIONS, stream)).state

    async def _held(self, environment_id: EnvironmentId) -> Environment:
        stream = subjects.environment_stream(environment_id)
        return (await self._streams.load(ENVIRONMENTS, stream)).state
