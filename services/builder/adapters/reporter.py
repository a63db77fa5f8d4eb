"""Tells the orchestrator what happened, in order, until it is answered."""

import asyncio
from collections.abc import Callable
from uuid import UUID

from pydantic import TypeAdapter

from services.builder.adapters.spool import Spool, Spooled
from services.chassis.bus.errors import AnswerFailed
from services.chassis.bus.sending import Bus
from services.chassis.failpoints import passed
from services.chassis.logging import get_logger
from services.chassis.unavailable import Unavailable
from trellis_contracts import codec, subjects
from trellis_contracts.asking import Accepted, Answer, Asked, Refused
from trellis_contracts.message import Message

_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 5.0
_ANSWER: TypeAdapter[Accepted | Refused] = TypeAdapter(Answer)


async def ask_about(bus: Bus, subject: str, asked: Asked) -> Accepted | Refused:
    """Send a fact and give its answer.

    Raises:
        BusUnavailable, AnswerFailed: it is not known whether it was stored; send it again.
    """
    answer: Accepted | Refused = _ANSWER.validate_json(await bus.ask(subject, codec.encode(asked)))
    return answer


class Reporter:
    """One queue of facts for the whole builder: told in order, each until it is answered."""

    def __init__(self, bus: Bus, spool: Spool, on_refused: Callable[[UUID], None]) -> None:
        """Takes what to call when a fact of a run was refused: the run is not ours any more."""
        self._bus, self._spool, self._on_refused = bus, spool, on_refused
        self._news = asyncio.Event()
        self._answers: dict[UUID, asyncio.Future[Accepted | Refused]] = {}

    def report(self, run_id: UUID, fact: Message, *, ends: bool = False) -> None:
        """Keep a fact, durably, to be told as soon as may be."""
        self._spool.put(run_id, fact, ends=ends)
        self._news.set()

    async def report_and_hear(self, run_id: UUID, fact: Message) -> Accepted | Refused:
        """Tell a fact and wait for its answer, however long the orchestrator is away."""
        heard: asyncio.Future[Accepted | Refused] = asyncio.get_running_loop().create_future()
        self._answers[run_id] = heard
        try:
            self.report(run_id, fact)
            return await heard
        finally:
            del self._answers[run_id]

    async def tell_all(self) -> None:
        """Tell what there is, for as long as the builder lives."""
        pause = _FIRST_PAUSE
        while True:
            self._news.clear()
            try:
                while fact := self._spool.first():
                    await self._tell(fact)
                    pause = _FIRST_PAUSE
                await self._news.wait()
            except (Unavailable, AnswerFailed) as silence:
                get_logger().warning("a fact waits for its answer", reason=str(silence))
                await asyncio.sleep(pause)
                pause = min(2 * pause, _LONGEST_PAUSE)

    async def _tell(self, fact: Spooled) -> None:
        answer = await ask_about(self._bus, subjects.fact(fact.run_id), fact.asked)
        passed(f"before forget {fact.asked.type}")
        self._spool.answered(fact)
        heard = self._answers.get(fact.run_id)
        if heard and not heard.done():
            heard.set_result(answer)
        elif isinstance(answer, Refused):
            get_logger().warning("a fact was refused", fact=fact.asked.type, why=answer.sentence)
            self._spool.forget(fact.run_id)
            self._on_refused(fact.run_id)
