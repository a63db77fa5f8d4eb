"""Answers who asks what a deployment would change, and takes what a builder found out."""

from services.chassis.clock import Clock
from services.orchestrator.adapters.routing import Index
from services.orchestrator.adapters.streams import PREVIEWS
from services.orchestrator.domain import previewing
from services.orchestrator.domain.own import own
from services.orchestrator.domain.previewing import Foreseen, Preview
from services.orchestrator.domain.refusals import Illegal
from services.orchestrator.handlers.answering import Desk, refuse
from services.orchestrator.handlers.environments import Environments
from trellis_contracts import subjects
from trellis_contracts.asking import Accepted, Asked, Refused
from trellis_contracts.codec import UnreadableMessage
from trellis_contracts.previewing import PreviewCommand, PreviewOutcome, PreviewRequested


class Previews:
    """Every preview; it takes no turn of its environment, since it changes nothing there."""

    def __init__(
        self, desk: Desk, index: Index, *, environments: Environments, clock: Clock
    ) -> None:
        self._desk, self._index, self._clock = desk, index, clock
        self._environments = environments

    async def answer(self, command: PreviewCommand, asked: Asked) -> Accepted | Refused:
        """Have it made, unless it is; `subject` is its id. Refused as the deployment would be."""
        try:
            wanted = await self._environments.foresee(previewing.deployment(command), asked)
        except Illegal as illegal:
            return illegal.refused(asked.id)
        except UnreadableMessage as newer:
            return refuse(asked, "history-unreadable", f"Its history cannot be read: {newer}.")
        answer = await self._ask_for(wanted, asked)
        if isinstance(answer, Refused):
            return answer
        return answer.model_copy(update={"subject": wanted.preview_id})

    async def take(self, fact: PreviewOutcome, asked: Asked) -> Accepted | Refused:
        """Record how it ended."""

        async def decide(state: Preview) -> list[PreviewOutcome]:
            return previewing.end(fact, state)

        stream = subjects.preview_stream(fact.preview_id)
        return await self._desk.settle(PREVIEWS, stream, asked=asked, decide=decide)

    async def end_late(self) -> None:
        """End those that no builder ended in time."""
        now = self._clock()
        for request in tuple(self._index.previews.values()):
            if fact := previewing.late(request, now):
                await self.take(fact, own(fact, request.run_id, "late"))

    async def _ask_for(self, wanted: Foreseen, asked: Asked) -> Accepted | Refused:
        async def decide(state: Preview) -> list[PreviewRequested]:
            return previewing.decide(wanted, state, now=self._clock())

        stream = subjects.preview_stream(wanted.preview_id)
        return await self._desk.settle(PREVIEWS, stream, asked=asked, decide=decide)
