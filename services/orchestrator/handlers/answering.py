"""Decides on what is recorded, records what was decided, and answers; a repeat changes nothing."""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from services.chassis.event_store.port import EventIdReused, WrongExpectedVersion
from services.orchestrator.adapters.follower import Follower
from services.orchestrator.adapters.streams import Category, History, Streams
from services.orchestrator.domain.answers import accept
from services.orchestrator.domain.refusals import Illegal
from trellis_contracts.asking import Accepted, Asked, RefusalCode, Refused
from trellis_contracts.codec import UnreadableMessage
from trellis_contracts.foretelling import foretold
from trellis_contracts.message import Message

State = TypeVar("State")
Decide = Callable[[State], Awaitable[Sequence[Message]]]

_TRIES = 5


class Desk:
    """Where every question is settled, whatever it is about."""

    def __init__(self, streams: Streams, follower: Follower) -> None:
        self._streams, self._follower = streams, follower

    async def settle(
        self, category: Category[State], stream: str, *, asked: Asked, decide: Decide[State]
    ) -> Accepted | Refused:
        """Answer after what was decided is stored, and known to everybody in this process.

        Raises:
            StoreUnavailable, IndexBehind: ask again with the same id.
            WrongExpectedVersion: another writer was faster, each time.
        """
        for _ in range(_TRIES - 1):
            try:
                return await self._once(category, stream, asked=asked, decide=decide)
            except WrongExpectedVersion:
                continue
        return await self._once(category, stream, asked=asked, decide=decide)

    async def _once(
        self, category: Category[State], stream: str, *, asked: Asked, decide: Decide[State]
    ) -> Accepted | Refused:
        try:
            history = await self._streams.load(category, stream)
            if answered := history.answers.to(asked.id):
                return answered
            return await self._record(history, await decide(history.state), asked)
        except Illegal as illegal:
            return illegal.refused(asked.id)
        except UnreadableMessage as newer:
            return refuse(asked, "history-unreadable", f"Its history cannot be read: {newer}.")
        except EventIdReused:
            return refuse(asked, "answered-long-ago", "This was answered long ago: use a new id.")

    async def _record(
        self, history: History[State], events: Sequence[Message], asked: Asked
    ) -> Accepted:
        if asked.dry_run:
            told = {"foretold": foretold(events)}
            return accept(asked.id, events, position=None).model_copy(update=told)
        if not events:
            return accept(asked.id, events, position=None)
        position = await self._streams.append(
            history.stream, events, after=history.version, actor=asked.actor, causation=asked.id
        )
        await self._follower.reached(position)
        return accept(asked.id, events, position=position)


def refuse(
    asked: Asked, rule: str, sentence: str, *, code: RefusalCode = RefusalCode.CONFLICT
) -> Refused:
    """Give the refusal of what no domain had to decide on."""
    return Refused(id=asked.id, code=code, rule=rule, sentence=sentence)
