"""What was answered lately: so that a message that comes again changes nothing.

Deterministic event ids alone are not enough: a handler that loads again would append again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from trellis_contracts.applications import ApplicationCreated, EnvironmentAdded
from trellis_contracts.asking import Accepted
from trellis_contracts.deployments import DeployRequested
from trellis_contracts.message import Message

REMEMBERED = 512
"""Answers kept for each stream; a message that comes again does so within far fewer."""


@dataclass(frozen=True)
class Answers:
    """The newest answers of one stream, by the id of the message that was answered."""

    by_message: Mapping[UUID, Accepted] = field(default_factory=dict)

    def to(self, message: UUID) -> Accepted | None:
        """Give the answer that this message got, if it was answered lately."""
        return self.by_message.get(message)

    def after(self, event: Message, *, cause: UUID, position: int) -> "Answers":
        """Give the answers with one more recorded event in that of its cause."""
        earlier = self.by_message.get(cause)
        names = (*earlier.events, type(event).__name__) if earlier else (type(event).__name__,)
        answer = Accepted(
            id=cause,
            position=position,
            events=names,
            subject=(earlier and earlier.subject) or subject_of(event),
        )
        newest = {**self.by_message, cause: answer}
        if len(newest) > REMEMBERED:
            del newest[next(iter(newest))]
        return Answers(newest)


def accept(message: UUID, events: Sequence[Message], *, position: int | None) -> Accepted:
    """Give the answer to a message that was decided to these events."""
    subjects = (subject_of(event) for event in events)
    return Accepted(
        id=message,
        position=position,
        events=tuple(type(event).__name__ for event in events),
        subject=next((subject for subject in subjects if subject), None),
    )


def subject_of(event: Message) -> UUID | None:
    """Name the thing that the event made; None when it made none."""
    match event:
        case ApplicationCreated():
            return event.application_id
        case EnvironmentAdded():
            return event.environment_id
        case DeployRequested():
            return event.deployment_id
        case _:
            return None
