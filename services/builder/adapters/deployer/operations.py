"""Follows one operation on a stack to its end, and ends it early when that is asked."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar
from uuid import uuid4

from botocore.exceptions import ClientError

from services.builder.adapters.deployer.access import Access, code_of
from services.builder.adapters.deployer.errors import StackFailed
from services.builder.adapters.deployer.progress import Event, Gathered
from services.builder.adapters.deployer.retries import persist
from services.builder.adapters.deployer.stacks import (
    DEEPEST,
    NESTED,
    Events,
    Hide,
    Stack,
    find_stack,
)
from services.builder.adapters.deployer.states import (
    CREATING,
    DELETE_FAILED,
    GONE,
    UPDATING,
    is_busy,
    is_failure,
)
from services.builder.adapters.deployer.watch import Watch
from services.chassis.logging import get_logger

T = TypeVar("T")

_PATIENCE_SECONDS = 30.0
"""How long a stack may look settled before it is believed without an event that says so."""


@dataclass(frozen=True, slots=True)
class Ending:
    """A settled stack; `resource` and `reason` are those of the first failure, if any failed."""

    stack: Stack
    resource: str | None = None
    reason: str | None = None

    def failed(self, kind: type[StackFailed] = StackFailed) -> StackFailed:
        """Give the error that says so."""
        reason = self.reason or "CloudFormation gave no reason"
        return kind(self.stack.name, self.stack.status, reason, resource=self.resource)


class Operation:
    """Whatever happens to a stack from the moment that this is made.

    A stack looks settled for a moment after an operation was begun, too: so the end of one that
    is `ours` is believed when an event of the stack says it.
    """

    def __init__(
        self,
        access: Access,
        stack: Stack,
        *,
        watch: Watch,
        ours: bool = True,
        total: int = 0,
        hide: Hide = str,
    ) -> None:
        """Takes how many resources it is about; make it before an operation of ours is begun."""
        self._access = access
        self._stack = stack
        self._watch = watch
        self._hide = hide
        self._events = Events(access, stack.id, hide=hide)
        self._gathered = Gathered(stack.name, total)
        self._failure: Event | None = None
        self._stack_says: str | None = None
        self._asked_to_end: str | None = None
        self._end_was_told = not ours
        self._looks_settled_since: float | None = None

    def follow(self) -> Ending:
        """Report progress until the stack has settled.

        Raises:
            StackFailed: it was to be ended, and does not settle.
            Stopped: the environment is another run's; it is left as it is.
        """
        while True:
            stack = self._persist(self._look)
            self._take_in(self._persist(self._events.new))
            settled = self._is_settled(stack.status)
            self._report(stack.status, ended=settled)
            if settled:
                return self._ending(stack)
            self._watch.check_lost()
            if self._watch.interrupted:
                self._end(stack)
            self._watch.pause(self._access.poll_seconds)

    def _look(self) -> Stack:
        return find_stack(self._access, self._stack.id) or _gone(self._stack)

    def _persist(self, call: Callable[[], T]) -> T:
        """A stack that changes is not left alone because AWS is short of something."""
        return persist(call, pause=self._watch.pause)

    def _take_in(self, events: list[Event]) -> None:
        """Remember the first failure: later ones only say that the rest was cancelled."""
        self._gathered.add(events)
        for event in events:
            if event.of_stack:
                self._end_was_told |= not event.status.endswith("_IN_PROGRESS")
                if "FAILED" in event.status or "ROLLBACK" in event.status:
                    self._stack_says = self._stack_says or event.reason
            elif is_failure(event.status):
                self._failure = self._failure or event

    def _is_settled(self, status: str) -> bool:
        if status == GONE:
            return True
        if is_busy(status):
            self._looks_settled_since = None
            return False
        now = time.monotonic()
        since = self._looks_settled_since = self._looks_settled_since or now
        being_deleted = self._asked_to_end == CREATING and status != DELETE_FAILED
        told = self._end_was_told and not being_deleted
        return told or now - since > _PATIENCE_SECONDS

    def _report(self, status: str, *, ended: bool) -> None:
        report = self._gathered.report(status, now=time.monotonic(), ended=ended)
        if report is not None:
            self._watch.on_progress(report)

    def _end(self, stack: Stack) -> None:
        """Ask the cloud to go back: only an update and a first create can be ended."""
        if self._asked_to_end or stack.status not in (UPDATING, CREATING):
            if self._watch.gave_up:
                reason = "it was to be ended and does not settle"
                raise StackFailed(stack.name, stack.status, reason)
            return
        self._asked_to_end = stack.status
        cloudformation, token = self._access.cloudformation, uuid4().hex
        try:
            if stack.status == UPDATING:
                cloudformation.cancel_update_stack(StackName=stack.id, ClientRequestToken=token)
            else:
                cloudformation.delete_stack(StackName=stack.id, ClientRequestToken=token)
        except ClientError as refused:
            if code_of(refused) != "ValidationError":
                raise
            self._asked_to_end = None
            get_logger().info("the stack moved on before it could be ended", stack=stack.name)

    def _ending(self, stack: Stack) -> Ending:
        if self._failure is None:
            return Ending(stack, reason=self._stack_says)
        cause = _cause(self._access, self._failure, hide=self._hide)
        return Ending(stack, cause.logical_id, cause.reason)


def _cause(access: Access, failure: Event, *, hide: Hide, depth: int = 0) -> Event:
    """Look for the first failure inside a nested stack, which names only itself."""
    if failure.type != NESTED or not failure.physical_id or depth >= DEEPEST:
        return failure
    inner: Event | None = None
    for event in Events(access, failure.physical_id, hide=hide, all_=True).new():
        if event.of_stack and event.status in (CREATING, UPDATING):
            inner = None
        elif is_failure(event.status) and not event.of_stack:
            inner = inner or event
    return _cause(access, inner, hide=hide, depth=depth + 1) if inner else failure


def _gone(stack: Stack) -> Stack:
    return Stack(stack.name, stack.id, GONE, stack.tags, {})
