"""Takes what a builder reports while its run goes on, and tells it whether to go on."""

from collections.abc import Sequence

from services.orchestrator.adapters.leases import Leases
from services.orchestrator.adapters.streams import RUNS, Streams
from services.orchestrator.domain import run
from services.orchestrator.domain.deployment_refusals import IllegalFact
from services.orchestrator.domain.refusals import Illegal
from services.orchestrator.domain.run import Run
from services.orchestrator.domain.slot import Cancelling, Running
from services.orchestrator.handlers.answering import Desk
from services.orchestrator.handlers.environments import Environments
from trellis_contracts import subjects
from trellis_contracts.asking import Accepted, Asked, Refused
from trellis_contracts.runs import Heartbeat, Instruction, RunStarted, RunStreamEvent


class Runs:
    """Every run; a fact of one that does not hold its environment is refused."""

    def __init__(
        self,
        desk: Desk,
        streams: Streams,
        *,
        environments: Environments,
        leases: Leases,
    ) -> None:
        self._desk, self._streams = desk, streams
        self._environments, self._leases = environments, leases

    async def take(self, fact: RunStreamEvent, asked: Asked) -> Accepted | Refused:
        """Record a fact of a run, and give the answer."""

        async def decide(state: Run) -> Sequence[RunStreamEvent]:
            if not await self._holds(fact):
                raise IllegalFact(fact.run_id, str(fact.environment_id))
            return run.decide(fact, state)

        stream = subjects.run_stream(fact.run_id)
        async with self._environments.turns.of(fact.environment_id):
            if isinstance(fact, RunStarted) and (refused := await self._is_anothers(fact, asked)):
                return refused
            answer = await self._desk.settle(RUNS, stream, asked=asked, decide=decide)
        self._leases.renew(fact.run_id)
        return answer

    async def instruct(self, heartbeat: Heartbeat) -> Instruction:
        """Say what the builder is to do; a run that may go on has its lease renewed."""
        state = await self._environments.state(heartbeat.environment_id)
        match state.slot:
            case Running() as slot if (slot.run.run_id, slot.run.fence) == (
                heartbeat.run_id,
                heartbeat.fence,
            ):
                self._leases.renew(heartbeat.run_id)
                cancelling = isinstance(slot, Cancelling)
                return Instruction.CANCEL if cancelling else Instruction.PROCEED
            case _:
                return Instruction.STOP

    async def _holds(self, fact: RunStreamEvent) -> bool:
        slot = (await self._environments.state(fact.environment_id)).slot
        return isinstance(slot, Running) and slot.is_run(fact.run_id)

    async def _is_anothers(self, fact: RunStarted, asked: Asked) -> Refused | None:
        """A second builder derives the same id for its RunStarted: it gets its own answer."""
        history = await self._streams.load(RUNS, subjects.run_stream(fact.run_id))
        try:
            run.refuse_another_builder(fact, history.state)
        except Illegal as illegal:
            return illegal.refused(asked.id)
        return None
