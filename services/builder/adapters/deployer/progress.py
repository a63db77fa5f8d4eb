"""Gathers a stack's events into at most one report a second (pure: the time is given)."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from services.builder.adapters.deployer.states import is_failure
from trellis_contracts.runs import ResourceProgress

SECONDS_BETWEEN = 1.0
_LONGEST_REASON = 300
"""So that 500 resources, twice, stay below what a message may have."""


@dataclass(frozen=True, slots=True)
class Event:
    """One event of a stack; `of_stack` says that it is about the stack itself."""

    id: str
    logical_id: str
    physical_id: str
    type: str
    status: str
    reason: str | None
    at: datetime
    of_stack: bool = False
    token: str = ""
    """That of the operation: who began it."""


@dataclass(frozen=True, slots=True)
class Progress:
    """What changed in a stack since the last report; the fields of StackProgress."""

    stack: str
    status: str
    resources: tuple[ResourceProgress, ...]
    done: int
    total: int


@dataclass
class Gathered:
    """The reports of one operation on one stack.

    `total` is how many resources it is about, 0 while that is not known. Within one report a
    resource shows its latest state, and its failure if it failed.
    """

    stack: str
    total: int = 0
    _waiting: dict[tuple[str, bool], ResourceProgress] = field(default_factory=dict)
    _done: dict[str, bool] = field(default_factory=dict)
    _status: str | None = None
    _last: tuple[float, str | None] = (float("-inf"), None)

    def add(self, events: Iterable[Event]) -> None:
        """Take in what happened, oldest first."""
        for event in events:
            if event.of_stack:
                continue
            self._done[event.logical_id] = not event.status.endswith("_IN_PROGRESS")
            key = (event.logical_id, is_failure(event.status))
            self._waiting.pop(key, None)
            self._waiting[key] = _resource(event)

    def report(self, status: str, *, now: float, ended: bool = False) -> Progress | None:
        """Give the next report, or None if there is no news or the last was within a second.

        `now` is in seconds. The report with `ended` waits for nothing, and has done = total.
        """
        at, before = self._last
        news = bool(self._waiting) or status != before
        if not news or (now - at < SECONDS_BETWEEN and not ended):
            return None
        done = sum(self._done.values())
        resources, self._waiting = tuple(self._waiting.values()), {}
        self._last = (now, status)
        if ended or done > self.total > 0:
            self.total = done
        return Progress(self.stack, status, resources, done, self.total)


def _resource(event: Event) -> ResourceProgress:
    return ResourceProgress(
        logical_id=event.logical_id[:255],
        type=event.type[:255],
        status=event.status[:64],
        reason=event.reason[:_LONGEST_REASON] if event.reason else None,
        at=event.at,
    )
