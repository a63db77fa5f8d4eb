"""Brings one stack to what it should be, from whatever state it is found in."""

from dataclasses import dataclass, replace

from botocore.exceptions import ClientError

from services.builder.adapters.deployer.access import code_of
from services.builder.adapters.deployer.changes import (
    Change,
    ChangeSet,
    TemplateParameter,
    discard,
    propose,
)
from services.builder.adapters.deployer.errors import OutOfTime, StackFailed, Stopped
from services.builder.adapters.deployer.exports import with_exports_in_use
from services.builder.adapters.deployer.mending import LostRace, Mending
from services.builder.adapters.deployer.operations import Ending, Operation
from services.builder.adapters.deployer.prepared import Prepared
from services.builder.adapters.deployer.stacks import Stack, check_owner
from services.builder.adapters.deployer.states import DELETE_FAILED, GONE, STUCK, is_good
from services.builder.adapters.deployer.uploads import LARGEST_INLINE, Uploads
from services.builder.domain.assembly.checked import CheckedStack
from services.builder.domain.assembly.refusals import StackOfAnother
from services.chassis.failpoints import passed
from trellis_contracts.releases import StackOutputs

_RACES = 2
_NOBODY_READS = ("ExportsOutput", "SSTMetadata")
"""Outputs by which CDK ties stacks together, and SST its console."""


@dataclass(frozen=True, slots=True)
class Deployed:
    """A stack as it stands after the deploy; `created` says that there was none before.

    `changed` says that it is not what it was. `kept` are exports that the template has no more,
    and others still import.
    """

    outputs: StackOutputs
    created: bool
    changed: bool = True
    kept: tuple[str, ...] = ()


@dataclass(frozen=True)
class OneStack(Mending):
    """The way of one stack; each is given its turn by the deployer."""

    def deploy(self, stack: CheckedStack, prepared: Prepared, uploads: Uploads) -> Deployed:
        """Create or update the stack; nothing to change is a success.

        Raises:
            StackFailed: it failed, and has settled (`UPDATE_ROLLBACK_COMPLETE`: as before).
            StackStuck: its rollback was continued once, and is stuck still.
            StackOfAnother: it is not this environment's.
            Stopped, OutOfTime: it was ended, and has settled.
        """
        for _ in range(_RACES):
            try:
                found = self.make_usable(stack.name)
            except LostRace:
                continue
            text, kept = with_exports_in_use(self.access, found, stack.template)
            change = Change(
                stack=stack.name,
                owner=self.owner,
                new=found is None,
                template=given(text, uploads),
                parameters=prepared.parameters(stack),
                tags=stack.tags,
                hide=self.hide,
            )
            self.watch.check()
            try:
                deployed = replace(self._change(change, found), kept=kept)
            except LostRace:
                continue
            self._protect(stack, found)
            return deployed
        raise StackFailed(stack.name, "busy", "somebody else keeps changing it at the same time")

    def unprotect(self, stack: Stack) -> Stack:
        """Let a stack be deleted that this very deploy has made, and has protected."""
        if not stack.protected:
            return stack
        self._set_protection(stack.id, protected=False)
        return replace(stack, protected=False)

    def _protect(self, stack: CheckedStack, found: Stack | None) -> None:
        """Set termination protection as the application says; where it says nothing, it stays."""
        now = found.protected if found else False
        if stack.protected is not None and stack.protected is not now:
            self._set_protection(stack.name, protected=stack.protected)

    def _set_protection(self, name_or_id: str, *, protected: bool) -> None:
        self.watch.check_lost()
        self.persist(
            lambda: self.access.cloudformation.update_termination_protection(
                StackName=name_or_id, EnableTerminationProtection=protected
            )
        )

    def _change(self, change: Change, found: Stack | None) -> Deployed:
        try:
            change_set = propose(self.access, change, pause=self.watch.pause)
        except StackFailed:
            self.raise_if_busy(change.stack)
            raise
        if change_set is None:
            present = self._shown(self._present(change.stack))
            return Deployed(present, created=False, changed=False)
        ending = self._execute(change_set)
        if ending.stack.status == STUCK:
            raise self._after_stuck(ending)
        if is_good(ending.stack.status):
            return Deployed(self._shown(ending.stack), created=found is None)
        if ending.stack.status != DELETE_FAILED:
            self.watch.check()
        raise ending.failed()

    def _execute(self, change_set: ChangeSet) -> Ending:
        stack = self._still_ours(change_set)
        operation = Operation(
            self.access, stack, watch=self.watch, total=change_set.count, hide=self.hide
        )
        passed("before change set executed")
        token = self.token()
        try:
            self.persist(
                lambda: self.access.cloudformation.execute_change_set(
                    ChangeSetName=change_set.id, StackName=stack.id, ClientRequestToken=token
                )
            )
        except ClientError as refused:
            if code_of(refused) in ("ValidationError", "InvalidChangeSetStatus"):
                self.raise_if_busy(stack.id)
            raise
        self.watch.touched = True
        passed("after change set executed")
        ending = operation.follow()
        passed("after stack settled")
        return ending

    def _still_ours(self, change_set: ChangeSet) -> Stack:
        """Look again at the last moment: at the stack, whose it is, and whether to go on."""
        self.watch.check_lost()
        stack = self.find(change_set.stack_id)
        if stack is None:
            raise LostRace
        try:
            self.watch.check()
            check_owner(self.access, stack, self.owner)
        except (Stopped, OutOfTime, StackOfAnother):
            discard(self.access, change_set)
            raise
        return stack

    def _after_stuck(self, ending: Ending) -> StackFailed:
        """Free what this deploy's own rollback left stuck, and say what it failed of."""
        continued = self.continue_rollback(ending.stack)
        if continued.stack.status == STUCK:
            return self.stuck(continued.stack, continued.reason)
        return Ending(continued.stack, ending.resource, ending.reason).failed()

    def _present(self, name: str) -> Stack:
        found = self.find(name)
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


def given(template: str, uploads: Uploads) -> TemplateParameter:
    """Put a template into the request, or where AWS finds it if it is too long for that."""
    if len(template.encode()) <= LARGEST_INLINE:
        return {"TemplateBody": template}
    return {"TemplateURL": uploads.put_template(template)}
