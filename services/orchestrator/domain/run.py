"""A run as its builder tells it: taken once, by one builder, then step by step.

The stream `run-<id>` holds it; nothing is decided on it but who has the run.
"""

from dataclasses import dataclass
from datetime import datetime

from services.orchestrator.domain.deployment_refusals import IllegalStart
from trellis_contracts.message import Message
from trellis_contracts.runs import RunStarted, RunStreamEvent


@dataclass(frozen=True)
class NotTaken:
    """The run waits for a builder."""


@dataclass(frozen=True)
class Taken:
    """A builder has the run."""

    builder: str


Run = NotTaken | Taken


def evolve(state: Run, event: Message, *, at: datetime) -> Run:  # noqa: ARG001 - every noun evolves by one signature
    """Give the state after the event."""
    return Taken(event.builder) if isinstance(event, RunStarted) else state


def decide(fact: RunStreamEvent, state: Run) -> list[RunStreamEvent]:
    """Take the fact as it is, from the builder that has the run.

    Raises:
        IllegalStart: another builder has the run, or nobody started it.
    """
    match fact, state:
        case RunStarted(), Taken(builder):
            raise IllegalStart(fact.run_id, builder)
        case RunStarted(), NotTaken():
            return [fact]
        case _, NotTaken():
            raise IllegalStart(fact.run_id, None)
        case _:
            return [fact]


def refuse_another_builder(fact: RunStarted, state: Run) -> None:
    """Let the builder that has the run say so again, and nobody else.

    Raises:
        IllegalStart: another builder has it.
    """
    if isinstance(state, Taken) and state.builder != fact.builder:
        raise IllegalStart(fact.run_id, state.builder)
