"""What a command would do, in words: pure functions from the events that it was decided to."""

from collections.abc import Iterable, Iterator

from trellis_contracts.deployments import (
    DeployKind,
    DeployRequested,
    DeployStarted,
    DeploySuperseded,
)
from trellis_contracts.foreseeing import cannot_undo
from trellis_contracts.gating import DeployGated, DeploySkipped
from trellis_contracts.message import Message
from trellis_contracts.sentences import continuing, short

NOTHING = "Nothing would follow: it is known already, or does not deploy here."


def foretold(events: Iterable[Message]) -> tuple[str, ...]:
    """Say what would follow, in its order; `NOTHING` where nothing would."""
    return tuple(_sentences(events)) or (NOTHING,)


def _sentences(events: Iterable[Message]) -> Iterator[str]:
    for event in events:
        match event:
            case DeployRequested():
                here = event.target.environment
                yield f"It would be #{event.number} of {here}: {_brings(event)}."
                yield from cannot_undo() if event.kind is DeployKind.ROLLBACK else ()
            case DeploySuperseded():
                yield f"#{event.number}, which waits, would be superseded by it."
            case DeploySkipped():
                yield f"It would be skipped: {event.detail}."
            case DeployGated():
                yield from (f"#{event.number} would wait: {g.sentence}." for g in event.gates)
            case DeployStarted():
                yield f"#{event.number} would start at once."
            case _:
                yield f"{type(event).__name__} would be recorded."


def _brings(event: DeployRequested) -> str:
    match event.kind:
        case DeployKind.TEARDOWN:
            return "everything would be removed"
        case DeployKind.CONTINUE:
            return continuing(event.continues)
        case _:
            return short(event.commit) or f"the newest commit of {event.branch}"
