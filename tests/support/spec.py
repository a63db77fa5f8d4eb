"""Given what happened, when something is asked, then this follows."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Generic, Protocol, TypeVar

import pytest

from trellis_contracts.message import Message

State = TypeVar("State")
Evolved = TypeVar("Evolved")

BEGAN = datetime(2026, 3, 1, 12, tzinfo=UTC)
"""When everything that was given happened."""

NOW = BEGAN + timedelta(minutes=1)
"""When it is decided, unless said otherwise."""


class Evolve(Protocol[Evolved]):
    def __call__(self, state: Evolved, event: Message, *, at: datetime) -> Evolved: ...


@dataclass(frozen=True)
class Spec(Generic[State]):
    """A noun: what it begins as and how it evolves."""

    initial: State
    evolve: Evolve[State]

    def given(self, *events: Message) -> "Given[State]":
        state = self.initial
        for event in events:
            state = self.evolve(state, event, at=BEGAN)
        return Given(self, state)


@dataclass(frozen=True)
class Given(Generic[State]):
    spec: Spec[State]
    state: State

    def and_then(self, *events: Message) -> "Given[State]":
        state = self.state
        for event in events:
            state = self.spec.evolve(state, event, at=BEGAN)
        return Given(self.spec, state)

    def when(self, decide: Callable[[State], Sequence[Message]]) -> "When":
        return When(lambda: decide(self.state))


@dataclass(frozen=True)
class When:
    decide: Callable[[], Sequence[Message]]

    def then(self, *events: Message) -> None:
        assert list(self.decide()) == list(events)

    def then_nothing(self) -> None:
        assert list(self.decide()) == []

    def then_raises(self, refusal: type[Exception], *, saying: str) -> None:
        with pytest.raises(refusal) as raised:
            self.decide()
        assert saying in str(raised.value)
