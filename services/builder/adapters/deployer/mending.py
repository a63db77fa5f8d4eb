"""Makes a stack usable from whatever state it is found in, as far as no person has to decide."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar
from uuid import uuid4

from botocore.exceptions import ClientError

from services.builder.adapters.deployer import blockers
from services.builder.adapters.deployer.access import Access, code_of, said
from services.builder.adapters.deployer.errors import StackFailed, StackNotRemoved, StackStuck
from services.builder.adapters.deployer.operations import Ending, Operation
from services.builder.adapters.deployer.retries import persist
from services.builder.adapters.deployer.stacks import (
    Hide,
    Stack,
    change_set_prefix,
    check_owner,
    find_stack,
)
from services.builder.adapters.deployer.states import (
    DELETE_FAILED,
    GONE,
    STUCK,
    WENT_BACK,
    Way,
    is_busy,
    way,
)
from services.builder.adapters.deployer.watch import Watch
from services.builder.domain.assembly.reach import Owner
from services.chassis.failpoints import passed

T = TypeVar("T")


class LostRace(Exception):
    """Somebody else began to change the stack between our look and our call."""

    def __init__(self) -> None:
        super().__init__("somebody else began to change it")


@dataclass(frozen=True)
class Mending:
    """What can be done with a stack that is there already; each call ends when it has settled."""

    access: Access
    owner: Owner
    watch: Watch
    hide: Hide = field(default=str)

    def make_usable(self, name: str) -> Stack | None:
        """Wait out what runs, clear what never was good, free what is stuck; None: no stack.

        Raises:
            StackStuck: its rollback was continued once, and is stuck still.
            StackFailed: nothing but a person can make it usable.
            StackOfAnother, Stopped, OutOfTime
        """
        continued = False
        while found := self.find(name):
            check_owner(self.access, found, self.owner)
            match way(found.status):
                case Way.CREATE:
                    return None
                case Way.UPDATE:
                    return found
                case Way.WAIT:
                    self.wait_out(found)
                case Way.CLEAR:
                    self._clear(found)
                case Way.CONTINUE if not continued:
                    self.continue_rollback(found)
                    continued = True
                case _:
                    raise self._unusable(found)
        return None

    def find(self, name_or_id: str) -> Stack | None:
        """Give the stack as it is now."""
        return self.persist(lambda: find_stack(self.access, name_or_id))

    def persist(self, call: Callable[[], T]) -> T:
        """Call AWS, again while it is short of something.

        Raises:
            AwsUnreachable: for too long.
        """
        return persist(call, pause=self.watch.pause)

    def wait_out(self, found: Stack) -> None:
        """Wait for the end of what somebody else began, and say so."""
        who = blockers.who_changes(self.access, found, self.owner)
        self.watch.say(f"Waiting: stack {found.name} is {found.status} (begun by {who})")
        Operation(self.access, found, watch=self.watch, ours=False, hide=self.hide).follow()
        self.watch.check()

    def delete(self, stack: Stack) -> Ending:
        """Delete a stack and wait until it has settled.

        Raises:
            StackNotRemoved: it is protected, or AWS does not begin it; nothing was deleted.
            LostRace: somebody else changes it.
        """
        self.watch.check()
        if stack.protected:
            reason = (
                "TerminationProtection is on: whoever may remove it turns that off first "
                "(`aws cloudformation update-termination-protection "
                f"--no-enable-termination-protection --stack-name {stack.name}`)"
            )
            raise StackNotRemoved(stack.name, stack.status, reason)
        operation = Operation(self.access, stack, watch=self.watch, hide=self.hide)
        self.watch.touched = True
        cloudformation, token = self.access.cloudformation, self.token()
        try:
            self.persist(
                lambda: cloudformation.delete_stack(StackName=stack.id, ClientRequestToken=token)
            )
        except ClientError as refused:
            if code_of(refused) != "ValidationError":
                raise
            self.raise_if_busy(stack.id)
            reason = blockers.holders(self.access, stack) or said(refused)
            raise StackNotRemoved(stack.name, stack.status, self.hide(reason)) from refused
        passed("after stack deletion begun")
        return operation.follow()

    def continue_rollback(self, stack: Stack, *, skip: Sequence[str] = ()) -> Ending:
        """Continue a stuck rollback once. What to skip, only a person may decide.

        A skipped resource counts as rolled back for AWS, whatever it really is.

        Raises:
            StackStuck: AWS does not begin it.
            LostRace: somebody else changes it.
        """
        skipping = f", skipping {', '.join(skip)}" if skip else ""
        self.watch.check_lost()
        self.watch.say(f"Continuing the rollback of stack {stack.name}{skipping}")
        operation = Operation(self.access, stack, watch=self.watch, hide=self.hide)
        self.watch.touched = True
        request: dict[str, Any] = {"StackName": stack.id, "ClientRequestToken": self.token()}
        request |= {"ResourcesToSkip": list(skip)} if skip else {}
        try:
            self.persist(lambda: self.access.cloudformation.continue_update_rollback(**request))
        except ClientError as refused:
            if code_of(refused) != "ValidationError":
                raise
            self.raise_if_busy(stack.id)
            raise self.stuck(stack, self.hide(said(refused))) from refused
        return operation.follow()

    def free(self, name: str, *, skip: Sequence[str]) -> None:
        """Continue the rollback of a stack that is stuck, as a person decided.

        Called again after its process was killed, it waits for what runs; one that went back
        meanwhile is as it was to be.

        Raises:
            StackStuck: it is stuck still.
            StackFailed: it is not stuck, or is changed by somebody else.
            StackOfAnother
        """
        found = self.find(name)
        if found and is_busy(found.status):
            self.wait_out(found)
            found = self.find(name)
        if found is None or found.status not in (STUCK, WENT_BACK):
            raise StackFailed(name, found.status if found else GONE, "its rollback is not stuck")
        check_owner(self.access, found, self.owner)
        if found.status == WENT_BACK:
            return
        try:
            ending = self.continue_rollback(found, skip=skip)
        except LostRace:
            raise StackFailed(name, "busy", "somebody else changes it") from None
        if ending.stack.status == STUCK:
            raise self.stuck(ending.stack, ending.reason)

    def stuck(self, stack: Stack, reason: str | None = None) -> StackStuck:
        """Give the error that names what blocks a stack, and why as its own events tell it."""
        failed = blockers.failed_resources(self.access, stack)
        why = reason or blockers.last_failure(self.access, stack, hide=self.hide)
        return StackStuck(stack.name, stack.status, why, resources=failed)

    def raise_if_busy(self, name_or_id: str) -> None:
        """Tell a refusal that a race explains, by the stack's state and not by a text.

        Raises:
            LostRace: somebody else changes it.
        """
        found = self.find(name_or_id)
        if found and is_busy(found.status):
            raise LostRace

    def token(self) -> str:
        """Give a token for one operation, by which its events are known as this environment's."""
        return f"{change_set_prefix(self.owner)}{uuid4().hex}"

    def _clear(self, found: Stack) -> None:
        """Delete a shell; what was good once, or keeps something, is left to a person."""
        if blockers.was_good(self.access, found, self.owner):
            reason = "it held a good version once, so only a person may remove it: tear it down"
            raise StackFailed(found.name, found.status, reason)
        self.watch.say(f"Stack {found.name} is {found.status} and never was good: deleting it")
        try:
            ending = self.delete(found)
            if ending.stack.status == DELETE_FAILED:
                ending = self.delete(ending.stack)
        except LostRace:
            return
        except StackNotRemoved as kept:
            raise StackFailed(kept.stack, kept.status, kept.reason) from kept
        if way(ending.stack.status) is not Way.CREATE:
            raise ending.failed()

    def _unusable(self, found: Stack) -> StackFailed:
        if found.status == STUCK:
            return self.stuck(found)
        left = ", ".join(blockers.remaining_resources(self.access, found))
        reason = (
            f"it was removed half-way ({left or 'nothing'} is left): "
            "tear the environment down, then deploy again"
        )
        return StackFailed(found.name, found.status, reason)
