"""Brings one stack to what it should be, from whatever state it is found in."""

from dataclasses import dataclass, replace
from uuid import uuid4

from botocore.exceptions import ClientError

from services.builder.adapters.deployer.access import Access, code_of
from services.builder.adapters.deployer.changes import (
    Change,
    ChangeSet,
    TemplateParameter,
    discard,
    propose,
)
from services.builder.adapters.deployer.errors import StackFailed
from services.builder.adapters.deployer.exports import with_exports_in_use
from services.builder.adapters.deployer.operations import Ending, Operation
from services.builder.adapters.deployer.prepared import Prepared
from services.builder.adapters.deployer.stacks import Hide, Stack, check_owner, find_stack
from services.builder.adapters.deployer.states import GONE, STUCK, Way, is_good, way
from services.builder.adapters.deployer.uploads import LARGEST_INLINE, Uploads
from services.builder.adapters.deployer.watch import Watch
from services.builder.domain.assembly.checked import CheckedStack
from services.builder.domain.assembly.reach import Owner
from services.chassis.failpoints import passed
from trellis_contracts.releases import StackOutputs

_RACES = 2
_NOBODY_READS = ("ExportsOutput", "SSTMetadata")
"""Outputs by which CDK ties stacks together, and SST its console."""


@dataclass(frozen=True, slots=True)
class Deployed:
    """A stack as it stands after the deploy; `created` says that there was none before.

    `kept` are exports that the template has no more, and others still import.
    """

    outputs: StackOutputs
    created: bool
    kept: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OneStack:
    """The way of one stack; each is given its turn by the deployer."""

    access: Access
    owner: Owner
    watch: Watch
    hide: Hide = str

    def deploy(self, stack: CheckedStack, prepared: Prepared, uploads: Uploads) -> Deployed:
        """Create or update the stack; nothing to change is a success.

        Raises:
            StackFailed: it failed, and has settled (`UPDATE_ROLLBACK_COMPLETE`: as before).
            StackOfAnother: it is not this environment's.
            Stopped, OutOfTime: it was ended, and has settled.
        """
        for _ in range(_RACES):
            found = self.make_usable(stack.name)
            text, kept = with_exports_in_use(self.access, found, stack.template)
            change = Change(
                stack=stack.name,
                owner=self.owner,
                new=found is None,
                template=_given(text, uploads),
                parameters=prepared.parameters(stack),
                tags=stack.tags,
                hide=self.hide,
            )
            self.watch.check()
            try:
                deployed = replace(self._change(change, found), kept=kept)
            except _LostRace:
                continue
            self._protect(stack)
            return deployed
        raise StackFailed(stack.name, "busy", "somebody else keeps changing it at the same time")

    def _protect(self, stack: CheckedStack) -> None:
        if stack.protected:
            self.access.cloudformation.update_termination_protection(
                StackName=stack.name, EnableTerminationProtection=True
            )

    def make_usable(self, name: str) -> Stack | None:
        """Wait out what runs, clear what never was good, free what is stuck; None: no stack.

        Raises:
            StackFailed: nothing but a person can make it usable.
            StackOfAnother, Stopped, OutOfTime
        """
        continued = False
        while True:
            found = find_stack(self.access, name)
            if found:
                check_owner(self.access, found, self.owner)
            match way(found.status if found else None):
                case Way.CREATE:
                    return None
                case Way.UPDATE:
                    return found
                case Way.WAIT if found:
                    self._wait_out(found)
                case Way.CLEAR if found:
                    self.delete(found)
                case Way.CONTINUE if found and not continued:
                    self._continue_rollback(found)
                    continued = True
                case _:
                    raise _unusable(found)

    def delete(self, stack: Stack) -> Ending:
        """Delete a stack and wait until it has settled."""
        self.watch.check()
        operation = Operation(self.access, stack, watch=self.watch, hide=self.hide)
        self.watch.touched = True
        self.access.cloudformation.delete_stack(StackName=stack.id, ClientRequestToken=uuid4().hex)
        passed("after stack deletion begun")
        return operation.follow()

    def _wait_out(self, found: Stack) -> None:
        Operation(self.access, found, watch=self.watch, ours=False, hide=self.hide).follow()
        self.watch.check()

    def _change(self, change: Change, found: Stack | None) -> Deployed:
        try:
            change_set = propose(self.access, change)
        except StackFailed:
            self._raise_if_busy(change.stack)
            raise
        if change_set is None:
            return Deployed(self._shown(self._present(change.stack)), created=False)
        ending = self._execute(change_set)
        if ending.stack.status == STUCK:
            ending = self._continue_rollback(ending.stack)
            raise ending.failed()
        self.watch.check()
        if not is_good(ending.stack.status):
            raise ending.failed()
        return Deployed(self._shown(ending.stack), created=found is None)

    def _execute(self, change_set: ChangeSet) -> Ending:
        if self.watch.interrupted:
            discard(self.access, change_set)
            self.watch.check()
        stack = find_stack(self.access, change_set.stack_id)
        if stack is None:
            raise _LostRace
        operation = Operation(
            self.access, stack, watch=self.watch, total=change_set.count, hide=self.hide
        )
        passed("before change set executed")
        try:
            self.access.cloudformation.execute_change_set(
                ChangeSetName=change_set.id,
                StackName=stack.id,
                ClientRequestToken=uuid4().hex,
            )
        except ClientError as refused:
            if code_of(refused) in ("ValidationError", "InvalidChangeSetStatus"):
                self._raise_if_busy(stack.id)
            raise
        self.watch.touched = True
        passed("after change set executed")
        ending = operation.follow()
        passed("after stack settled")
        return ending

    def _continue_rollback(self, stack: Stack) -> Ending:
        """Continue once, and never skip a resource: only a person may decide that."""
        operation = Operation(self.access, stack, watch=self.watch, hide=self.hide)
        self.watch.touched = True
        self.access.cloudformation.continue_update_rollback(
            StackName=stack.id, ClientRequestToken=uuid4().hex
        )
        return operation.follow()

    def _raise_if_busy(self, name: str) -> None:
        found = find_stack(self.access, name)
        if found and way(found.status) is Way.WAIT:
            raise _LostRace

    def _present(self, name: str) -> Stack:
        found = find_stack(self.access, name)
        if found is None:
            raise StackFailed(name, GONE, "it was deleted meanwhile")
        return found

    def _shown(self, stack: Stack) -> StackOutputs:
        """Give the outputs as they go into history: a template may put a secret into one."""
        outputs = {
            key: self.hide(value)
            for key, value in stack.outputs.items()
            if not key.startswith(_NOBODY_READS)
        }
        return StackOutputs(stack=stack.name, stack_id=stack.id, outputs=outputs)


def _given(template: str, uploads: Uploads) -> TemplateParameter:
    if len(template.encode()) <= LARGEST_INLINE:
        return {"TemplateBody": template}
    return {"TemplateURL": uploads.put_template(template)}


class _LostRace(Exception):
    """Somebody else began to change the stack between our look and our call."""


def _unusable(found: Stack | None) -> StackFailed:
    if found is None:
        return StackFailed("?", GONE, "it is gone")
    if found.status == STUCK:
        reason = (
            "its rollback is stuck and continuing it did not help: see its events in the AWS "
            "console, mend what they name and continue the rollback there"
        )
    else:
        reason = "it was removed half-way: tear the environment down, then deploy again"
    return StackFailed(found.name, found.status, reason)
