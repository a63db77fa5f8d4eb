"""Typed histories on the event store: load what is recorded, append what was decided."""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Generic, Protocol, TypeVar, cast
from uuid import UUID

from services.chassis.clock import Clock
from services.chassis.event_store.port import EventStore, StreamState
from services.chassis.failpoints import passed
from services.chassis.recording import Cause, to_new_event, to_recorded
from services.orchestrator.domain import application, delivery, environment, run
from services.orchestrator.domain.answers import Answers
from services.orchestrator.domain.application import ApplicationState, NotCreated
from services.orchestrator.domain.delivery import Delivery, NotReceived
from services.orchestrator.domain.run import NotTaken, Run
from services.orchestrator.domain.slot import Environment
from trellis_contracts.message import Message, Recorded
from trellis_contracts.names import ActorId, derived_id

MOST_REMEMBERED = 1000
"""Histories kept in memory; another one is folded from the store when it is asked for."""

State = TypeVar("State")
Evolved = TypeVar("Evolved")


class Evolve(Protocol[Evolved]):
    """A noun's `evolve`."""

    def __call__(self, state: Evolved, event: Message, *, at: datetime) -> Evolved:
        """Give the state after an event."""
        ...


@dataclass(frozen=True)
class Category(Generic[State]):
    """One kind of stream: what it amounts to when it is empty, and after each event."""

    initial: State
    evolve: Evolve[State]


APPLICATIONS: Category[ApplicationState] = Category(NotCreated(), application.evolve)
ENVIRONMENTS: Category[Environment] = Category(Environment(), environment.evolve)
RUNS: Category[Run] = Category(NotTaken(), run.evolve)
DELIVERIES: Category[Delivery] = Category(NotReceived(), delivery.evolve)


@dataclass(frozen=True)
class History(Generic[State]):
    """What is recorded in one stream, folded, up to `version` (-1: nothing)."""

    stream: str
    state: State
    version: int = -1
    answers: Answers = field(default_factory=Answers)

    def after(self, recorded: Recorded, evolve: Evolve[State]) -> "History[State]":
        """Give the history with one more event."""
        about, event = recorded.envelope, recorded.event
        return replace(
            self,
            state=evolve(self.state, event, at=about.occurred_at),
            version=about.stream_version,
            answers=self.answers.after(event, cause=about.causation_id, position=about.position),
        )


class Streams:
    """Every stream that the orchestrator reads and writes."""

    def __init__(self, store: EventStore, clock: Clock) -> None:
        self._store, self._clock = store, clock
        self._remembered: OrderedDict[str, History[object]] = OrderedDict()

    async def load(self, category: Category[State], stream: str) -> History[State]:
        """Give what is recorded in a stream up to now.

        Raises:
            UnreadableMessage: the stream holds an event of a newer Trellis.
            StoreUnavailable: the store does not answer.
        """
        known = cast("History[State] | None", self._remembered.get(stream))
        history = known or History(stream, category.initial)
        async for event in self._store.read_stream(stream, after=history.version):
            history = history.after(to_recorded(event, previous=None), category.evolve)
        self._remember(cast("History[object]", history))
        return history

    async def append(
        self,
        stream: str,
        events: Sequence[Message],
        *,
        after: int,
        actor: ActorId,
        causation: UUID,
    ) -> int:
        """Record what a message was decided to, and give the last event's position.

        Raises:
            WrongExpectedVersion: the stream does not end at `after`: load and decide again.
            StoreUnavailable: the store does not answer.
        """
        now = self._clock()
        new = [
            to_new_event(
                event,
                cause=Cause(actor=actor, correlation_id=correlation(event), causation_id=causation),
                index=index,
                now=now,
            )
            for index, event in enumerate(events)
        ]
        expected = StreamState.NO_STREAM if after < 0 else after
        names = "+".join(type(event).__name__ for event in events)
        passed(f"before append {names}")
        appended = await self._store.append(stream, new, expected=expected)
        passed(f"after append {names}")
        return appended.position

    def _remember(self, history: History[object]) -> None:
        self._remembered[history.stream] = history
        self._remembered.move_to_end(history.stream)
        if len(self._remembered) > MOST_REMEMBERED:
            self._remembered.popitem(last=False)


def correlation(event: Message) -> UUID:
    """Name what an event belongs to: its deployment, else its application, else its delivery."""
    deployment: UUID | None = getattr(event, "deployment_id", None)
    whose: UUID | None = deployment or getattr(event, "application_id", None)
    return whose or derived_id(getattr(event, "delivery", ""))
