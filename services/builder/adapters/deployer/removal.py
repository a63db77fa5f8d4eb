"""Removes stacks and sees in the cloud that they are gone."""

from collections.abc import Iterable
from dataclasses import replace

from services.builder.adapters.deployer import blockers
from services.builder.adapters.deployer.errors import StackNotRemoved
from services.builder.adapters.deployer.mending import LostRace
from services.builder.adapters.deployer.one_stack import OneStack
from services.builder.adapters.deployer.operations import Ending
from services.builder.adapters.deployer.stacks import Stack, check_owner
from services.builder.adapters.deployer.states import DELETE_FAILED, GONE, is_busy
from services.builder.domain.assembly.refusals import StackOfAnother
from trellis_contracts.releases import StackOutputs

_ATTEMPTS = 2


def remove_stacks(one: OneStack, stacks: Iterable[StackOutputs | str]) -> tuple[str, ...]:
    """Delete stacks in reverse order; the promises are those of `Deployer.remove`."""
    gone: dict[str, None] = {}
    for stack in reversed(list(stacks)):
        if isinstance(stack, str):
            _remove(one, stack, recorded=False)
        else:
            _remove(one, stack.stack_id, recorded=True)
        gone[stack if isinstance(stack, str) else stack.stack] = None
    return tuple(gone)


def belongs_to_another(one: OneStack, recorded: StackOutputs) -> bool:
    """Whether a stack that a release recorded became somebody else's since; that is said."""
    try:
        _check(one, one.find(recorded.stack_id), recorded=True)
    except StackOfAnother as anothers:
        one.watch.say(f"Left alone: {anothers.reached_for}")
        return True
    return False


def _check(one: OneStack, found: Stack | None, *, recorded: bool) -> None:
    if found and found.status != GONE:
        owner = one.owner
        own = replace(owner, recorded=owner.recorded | {found.id}) if recorded else owner
        check_owner(one.access, found, own)


def _remove(one: OneStack, name_or_id: str, *, recorded: bool) -> None:
    found = one.find(name_or_id)
    _check(one, found, recorded=recorded)
    attempts = 1 if found and found.status == DELETE_FAILED else _ATTEMPTS
    for attempt in range(attempts):
        if found and is_busy(found.status):
            one.wait_out(found)
            found = one.find(found.id)
        if found is None or found.status == GONE:
            return
        found = _delete(one, found, last=attempt == attempts - 1)


def _delete(one: OneStack, stack: Stack, *, last: bool) -> Stack | None:
    """Delete once and give what is there then; what a first failure leaves may go the next time."""
    try:
        ending = one.delete(stack)
    except LostRace:
        found = one.find(stack.id)
        if last:
            status = found.status if found else GONE
            raise StackNotRemoved(stack.name, status, "somebody else keeps changing it") from None
        return found
    found = one.find(stack.id)
    if last and found and found.status != GONE:
        raise _remains(one, found, ending)
    return found


def _remains(one: OneStack, found: Stack, ending: Ending) -> StackNotRemoved:
    """Give the error that lists what is still there, and who holds it."""
    failed = ending.failed(StackNotRemoved)
    left = ", ".join(blockers.remaining_resources(one.access, found))
    told = (
        failed.reason,
        blockers.holders(one.access, found),
        f"still there: {left}" if left else "",
    )
    reason = "; ".join(part for part in told if part)
    return StackNotRemoved(found.name, found.status, reason, resource=failed.resource)
