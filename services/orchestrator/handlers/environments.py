"""Answers commands on environments, and what ends their runs."""

from contextlib import aclosing

from services.chassis.clock import Clock
from services.chassis.logging import get_logger
from services.orchestrator.adapters.routing import Index
from services.orchestrator.adapters.streams import ENVIRONMENTS, RUNS, Streams
from services.orchestrator.adapters.turns import Turns
from services.orchestrator.domain import advancing, environment, requests
from services.orchestrator.domain.answers import accept
from services.orchestrator.domain.connected import Application
from services.orchestrator.domain.context import Context
from services.orchestrator.domain.environment import EnvironmentQuestion
from services.orchestrator.domain.outcomes import Report
from services.orchestrator.domain.previewing import Foreseen
from services.orchestrator.domain.refusals import IllegalEnvironment
from services.orchestrator.domain.run import Taken
from services.orchestrator.domain.slot import Environment, Live, Running, Success
from services.orchestrator.handlers.answering import Desk
from services.orchestrator.handlers.applications import Applications
from trellis_contracts import subjects
from trellis_contracts.asking import Accepted, Asked, Refused
from trellis_contracts.deployments import (
    DeployRequested,
    DeploySucceeded,
    EnvironmentCommand,
    EnvironmentEvent,
    Promote,
    RecordCloudReset,
    RollBack,
)
from trellis_contracts.failures import RunErrored
from trellis_contracts.gating import ContentChanged, ReviewQueue
from trellis_contracts.lifecycles import ClassifyEnvironment, RemoveEnvironment
from trellis_contracts.names import DeploymentId, EnvironmentId, derived_id
from trellis_contracts.releases import Release, Target


class Environments:
    """Every environment; questions on one take turns, runs' facts among them."""

    def __init__(
        self,
        desk: Desk,
        streams: Streams,
        index: Index,
        *,
        applications: Applications,
        clock: Clock,
        run_seconds: int,
    ) -> None:
        self._desk, self._streams, self._index = desk, streams, index
        self._applications, self._clock, self._run_seconds = applications, clock, run_seconds
        self.turns = Turns()

    async def answer(
        self, command: EnvironmentCommand | Report, asked: Asked
    ) -> Accepted | Refused:
        """Decide on a command or a report, and give the answer."""
        if isinstance(command, RunErrored):
            get_logger().warning("a run errored", run=str(command.run_id), detail=command.detail)
        return await self._settle(command, command.environment_id, asked)

    async def settle_idle(
        self, command: RemoveEnvironment | ClassifyEnvironment, asked: Asked
    ) -> Accepted | Refused:
        """Remove or classify an environment while nothing is decided on it: it stays idle."""
        async with self.turns.of(command.environment_id):
            return await self._applications.answer(command, asked)

    async def reset_cloud(self, command: RecordCloudReset, asked: Asked) -> Accepted | Refused:
        """Tell every environment that a local AWS started anew."""
        positions: list[int] = []
        events: list[str] = []
        for environment_id in self._index.environments():
            own = asked.model_copy(update={"id": derived_id(asked.id, environment_id)})
            answer = await self._settle(command, environment_id, own)
            if isinstance(answer, Accepted) and answer.events:
                positions.append(answer.position or 0)
                events.extend(answer.events)
        answered = accept(asked.id, (), position=max(positions, default=None))
        return answered.model_copy(update={"events": tuple(events)})

    async def review(self, command: ReviewQueue, asked: Asked) -> None:
        """Let what waits start or end, if its time has come."""
        state = await self.state(command.environment_id)
        try:
            context = await self._context(command, command.environment_id, state, asked=asked)
        except IllegalEnvironment:
            return  # its application is gone
        if advancing.is_due(state, context=context, now=self._clock()):
            await self.answer(command, asked)

    async def foresee(self, command: Promote | RollBack, asked: Asked) -> Foreseen:
        """Say what a deployment would be, were it asked for now.

        Raises:
            Illegal: the rule that forbids it.
        """
        environment_id = command.environment_id
        state = await self.state(environment_id)
        context = await self._context(command, environment_id, state, asked=asked)
        events = requests.decide(command, state, context=context)
        request = next(event for event in events if isinstance(event, DeployRequested))
        runs = state.release if isinstance(state.content, Live) else None
        brought = request.release
        targets = await self._targets(environment_id, runs, brought)
        return Foreseen(
            request=request,
            environment=state,
            before=targets.get(runs.deployment_id) if runs else None,
            after=targets.get(brought.deployment_id) if brought else request.target,
        )

    async def state(self, environment_id: EnvironmentId) -> Environment:
        """Give an environment as it is recorded now."""
        stream = subjects.environment_stream(environment_id)
        return (await self._streams.load(ENVIRONMENTS, stream)).state

    async def _settle(
        self, command: EnvironmentQuestion, environment_id: EnvironmentId, asked: Asked
    ) -> Accepted | Refused:
        async def decide(state: Environment) -> list[EnvironmentEvent]:
            context = await self._context(command, environment_id, state, asked=asked)
            return environment.decide(command, state, context=context, now=self._clock())

        stream = subjects.environment_stream(environment_id)
        async with self.turns.of(environment_id):
            return await self._desk.settle(ENVIRONMENTS, stream, asked=asked, decide=decide)

    async def _context(
        self,
        command: EnvironmentQuestion,
        environment_id: EnvironmentId,
        state: Environment,
        *,
        asked: Asked,
    ) -> Context:
        application_id = self._index.application_of(environment_id)
        application = await self._applications.state(application_id)
        if not isinstance(application, Application):
            raise IllegalEnvironment(environment_id)
        return Context(
            asked=asked.id,
            actor=asked.actor,
            application=application,
            environment_id=environment_id,
            source=await self._source(command, application),
            older=await self._older(command, state),
            run_started=await self._is_taken(state),
            run_seconds=_run_seconds(application, environment_id) or self._run_seconds,
        )

    async def _source(
        self, command: EnvironmentQuestion, application: Application
    ) -> Environment | None:
        if isinstance(command, Promote) and command.source in application.environments:
            return await self.state(command.source)
        return None

    async def _older(self, command: EnvironmentQuestion, state: Environment) -> Success | None:
        """Look through the whole history for the success that a rollback names."""
        if not isinstance(command, RollBack) or command.deployment_id is None:
            return None
        wanted = command.deployment_id
        if wanted in {held.deployment_id for held in state.successes}:
            return None
        stream = subjects.environment_stream(command.environment_id)
        async with aclosing(self._streams.events(stream)) as events:
            async for event in events:
                if isinstance(event, DeploySucceeded) and event.deployment_id == wanted:
                    return Success(wanted, event.number, event.release)
        return None

    async def _is_taken(self, state: Environment) -> bool:
        if not isinstance(state.slot, Running):
            return False
        stream = subjects.run_stream(state.slot.run.run_id)
        return isinstance((await self._streams.load(RUNS, stream)).state, Taken)

    async def _targets(
        self, environment_id: EnvironmentId, *releases: Release | None
    ) -> dict[DeploymentId, Target]:
        """Look once through the whole history for what built releases, with their variables."""
        wanted = {release.deployment_id for release in releases if release}
        if not wanted:
            return {}
        found: dict[DeploymentId, Target] = {}
        stream = subjects.environment_stream(environment_id)
        async with aclosing(self._streams.events(stream)) as events:
            async for event in events:
                match event:
                    case DeployRequested() | ContentChanged() if event.deployment_id in wanted:
                        found[event.deployment_id] = event.target
        return found


def _run_seconds(application: Application, environment_id: EnvironmentId) -> int | None:
    minutes = application.environment(environment_id).settings.run_minutes
    return minutes * 60 if minutes else None
