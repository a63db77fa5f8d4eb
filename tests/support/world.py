"""An application with its environments, in memory: the same pure decisions, without any rim.

What the orchestrator's handlers do with a store and a bus is done here with lists, so that a
machine can ask a thousand things, deliver them twice or late, crash, and look at what came of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from services.orchestrator.domain import application, environment
from services.orchestrator.domain.answers import Answers
from services.orchestrator.domain.connected import Application, Surroundings
from services.orchestrator.domain.context import Context
from services.orchestrator.domain.heads import is_next
from services.orchestrator.domain.outcomes import Report
from services.orchestrator.domain.refusals import Illegal
from services.orchestrator.domain.slot import Environment
from tests.support.deployments import ANA, RUN_SECONDS, SHOP, shop
from tests.support.spec import NOW
from trellis_contracts.applications import ApplicationCommand
from trellis_contracts.deployments import (
    EnvironmentCommand,
    EnvironmentEvent,
    Promote,
    RequestDeploy,
    Trigger,
)
from trellis_contracts.gating import ReviewQueue
from trellis_contracts.message import Message
from trellis_contracts.names import EnvironmentId, derived_id
from trellis_contracts.pushes import BranchHeadObserved, HeadSource, PushReceived

Question = EnvironmentCommand | Report


@dataclass
class World:
    """Streams of events and what they fold to; `heads` is where the remote's branch has been."""

    first: tuple[Message, ...] = ()
    now: datetime = NOW
    heads: list[str] = field(default_factory=list)
    streams: dict[EnvironmentId, list[tuple[Message, datetime]]] = field(default_factory=dict)
    answers: dict[EnvironmentId, Answers] = field(default_factory=dict)
    told: list[tuple[EnvironmentId, EnvironmentEvent]] = field(default_factory=list)
    looks: int = 0
    taken: set[UUID] = field(default_factory=set)

    def __post_init__(self) -> None:
        """Begin with the application, and what was set for it."""
        self.application: Application = shop(*self.first)
        self.states: dict[EnvironmentId, Environment] = {}

    def state(self, environment_id: EnvironmentId) -> Environment:
        return self.states.setdefault(environment_id, Environment())

    def ask(
        self, command: Question, *, id_: UUID, actor: str = ANA
    ) -> list[EnvironmentEvent] | Illegal:
        """Give what followed, or the refusal; a repeat gets the answer that it got."""
        where = command.environment_id
        known = self.answers.setdefault(where, Answers())
        if known.to(id_):
            return []
        context = self._context(command, where, id_, actor=actor)
        try:
            events = environment.decide(command, self.state(where), context=context, now=self.now)
        except Illegal as refused:
            return refused
        for event in events:
            self._append(where, event, id_)
        return events

    def crash(self) -> None:
        """Forget everything but the streams, and fold them again."""
        before = dict(self.states)
        self.states = {}
        for where, stream in self.streams.items():
            for event, at in stream:
                self.states[where] = environment.evolve(self.state(where), event, at=at)
            assert self.states[where] == before[where], "the history tells another state"

    def pass_time(self, by: timedelta) -> None:
        """Let the clock go on, and look at every queue as the scheduler does."""
        self.now += by
        for where in self.application.environments:
            self.review(where)

    def review(self, where: EnvironmentId) -> None:
        command = ReviewQueue(environment_id=where)
        self.ask(command, id_=derived_id(where, "review", self.now.isoformat()), actor="service:x")

    def deliver(self, push: PushReceived) -> None:
        """Take a delivery as the inbox does: believe it, or ask the remote."""
        if is_next(push, self.application.heads.get(push.branch)):
            self._observe(push.after, HeadSource.PUSH, push)
        else:
            self._observe(self.heads[-1], HeadSource.REMOTE, None)

    def poll(self) -> None:
        """Ask the remote, as the reconciler does."""
        if self.heads:
            self._observe(self.heads[-1], HeadSource.REMOTE, None)

    def _observe(self, commit: str, source: HeadSource, push: PushReceived | None) -> None:
        head = BranchHeadObserved(application_id=SHOP, branch="main", commit=commit, source=source)
        context = Surroundings(asked_at=self.now)
        news = application.decide(head, self.application, context=context, now=self.now)
        if source is HeadSource.REMOTE and not news:
            return
        self.looks += 1
        for event in news:
            after = application.evolve(self.application, event, at=self.now)
            assert isinstance(after, Application)
            self.application = after
        cause = push.delivery if push else self.looks
        for where in self.application.bound_to("main"):
            command = RequestDeploy(
                environment_id=where,
                commit=commit,
                branch="main",
                trigger=Trigger.PUSH if push else Trigger.HEAD,
                delivery=push.delivery if push else None,
            )
            self.ask(command, id_=derived_id(cause, where), actor="forge:ana")

    def change(self, command: ApplicationCommand) -> Illegal | None:
        """Have a command about the application decided; give its refusal, if it was refused."""
        context = Surroundings(held={one: self.state(one) for one in self.application.environments})
        try:
            events = application.decide(command, self.application, context=context, now=self.now)
        except Illegal as refused:
            return refused
        self.configure(events)
        return None

    def configure(self, events: Sequence[Message]) -> None:
        for event in events:
            after = application.evolve(self.application, event, at=self.now)
            assert isinstance(after, Application)
            self.application = after

    def _append(self, where: EnvironmentId, event: EnvironmentEvent, cause: UUID) -> None:
        self.told.append((where, event))
        self.streams.setdefault(where, []).append((event, self.now))
        self.states[where] = environment.evolve(self.state(where), event, at=self.now)
        known = self.answers[where]
        self.answers[where] = known.after(event, cause=cause, position=len(self.told))

    def _context(
        self, command: Question, where: EnvironmentId, id_: UUID, *, actor: str
    ) -> Context:
        slot = self.state(where).slot
        run = getattr(slot, "run", None)
        return Context(
            asked=id_,
            actor=actor,
            application=self.application,
            environment_id=where,
            source=self.state(command.source) if isinstance(command, Promote) else None,
            run_started=run is not None and run.run_id in self.taken,
            run_seconds=RUN_SECONDS,
        )
