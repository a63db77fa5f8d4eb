"""Typed histories on the event store: load what is recorded, append what was decided."""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import Generic, Protocol, TypeVar, cast
from uuid import UUID

from services.chassis.clock import Clock
from services.chassis.event_store.port import EventStore, StreamState
from services.chassis.failpoints import passed
from services.chassis.recording import Cause, to_new_event, to_recorded
from services.orchestrator.adapters.snapshots import EVERY, Snapshots
from services.orchestrator.domain import application, delivery, environment, previewing, run
from services.orchestrator.domain.answers import Answers
from services.orchestrator.domain.connected import ApplicationState, NotCreated
from services.orchestrator.domain.delivery import Delivery, NotReceived
from services.orchestrator.domain.previewing import NotAsked, Preview
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
    grows: bool = False
    """Such streams have no end, so where they stand is kept in snapshots."""


APPLICATIONS: Category[ApplicationState] = Category(NotCreated(), application.evolve, grows=True)
ENVIRONMENTS: Category[Environment] = Category(Environment(), environment.evolve, grows=True)
RUNS: Category[Run] = Category(NotTaken(), run.evolve)
PREVIEWS: Category[Preview] = Category(NotAsked(), previewing.evolve)
DELIVERIES: Category[Delivery] = Category(NotReceived(), delivery.evolve)


@dataclass(frozen=True)
class History(Generic[State]):
    """What is recorded in one stream, folded, up to `version` (-1: nothing)."""

    stream: str
    state: State
    version: int = -1
    answers: Answers = field(default_factory=Answers)
    kept: int = -1
    """The version that the newest snapshot has."""

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

    def __init__(
        self, store: EventStore, clock: Clock, *, snapshots: Snapshots | None = None
    ) -> None:
        """Takes the store; without snapshots every stream is folded from its beginning."""
        self._store, self._clock, self._snapshots = store, clock, snapshots
        self._remembered: OrderedDict[str, History[object]] = OrderedDict()
        self._keeping: set[asyncio.Task[None]] = set()

    async def load(self, category: Category[State], stream: str) -> History[State]:
        """Give what is recorded in a stream up to now.

        Raises:
            UnreadableMessage: the stream holds an event of a newer Trellis.
            StoreUnavailable: the store does not answer.
        """
        known = cast("History[State] | None", self._remembered.get(stream))
        history = known or await self._begin(category, stream)
        async for event in self._store.read_stream(stream, after=history.version):
            history = history.after(to_recorded(event, previous=None), category.evolve)
        if category.grows and history.version - history.kept >= EVERY:
            history = self._keep(history)
        self._remember(cast("History[object]", history))
        return history

    async def events(self, stream: str) -> AsyncGenerator[Message]:
        """Yield all that is recorded in a stream, oldest first. Raises as `load`."""
        async for event in self._store.read_stream(stream):
            yield to_recorded(event, previous=None).event

    async def close(self) -> None:
        """Return once every snapshot that is under way is kept."""
        await asyncio.gather(*self._keeping)

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

    async def _begin(self, category: Category[State], stream: str) -> History[State]:
        """Begin with the snapshot of a stream, or with nothing."""
        empty = History(stream, category.initial)
        if self._snapshots is None or not category.grows:
            return empty
        store = str(await self._store.store_id())
        found = await asyncio.to_thread(self._snapshots.find, stream, store)
        if found is None:
            return empty
        version, (state, answers) = found[0], cast("tuple[State, Answers]", found[1])
        return History(stream, state, version=version, answers=answers, kept=version)

    def _keep(self, history: History[State]) -> History[State]:
        """Keep a snapshot beside the work: nobody waits for it."""
        if self._snapshots is None:
            return history
        keeping = asyncio.create_task(self._keep_one(self._snapshots, history))
        self._keeping.add(keeping)
        keeping.add_done_callback(self._keeping.discard)
        return replace(history, kept=history.version)

    async def _keep_one(self, snapshots: Snapshots, history: History[State]) -> None:
        store, state = str(await self._store.store_id()), (history.state, history.answers)
        keep = partial(snapshots.keep, version=history.version, state=state)
        await asyncio.to_thread(keep, history.stream, store)

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
