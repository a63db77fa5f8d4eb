"""Removes stacks and sees in the cloud that they are gone."""

from collections.abc import Iterable

from botocore.exceptions import ClientError

from services.builder.adapters.deployer.access import code_of, said
from services.builder.adapters.deployer.errors import StackNotRemoved
from services.builder.adapters.deployer.one_stack import OneStack
from services.builder.adapters.deployer.operations import Operation
from services.builder.adapters.deployer.stacks import Stack, check_owner, find_stack
from services.builder.adapters.deployer.states import GONE, is_busy
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


def _remove(one: OneStack, name_or_id: str, *, recorded: bool) -> None:
    found = find_stack(one.access, name_or_id)
    if found and not recorded:
        check_owner(one.access, found, one.owner)
    if found and is_busy(found.status):
        Operation(one.access, found, watch=one.watch, ours=False).follow()
        found = find_stack(one.access, found.id)
    for attempt in range(_ATTEMPTS):
        if found is None or found.status == GONE:
            return
        found = _delete(one, found, last=attempt == _ATTEMPTS - 1)


def _delete(one: OneStack, stack: Stack, *, last: bool) -> Stack | None:
    """Delete once and give what is there then; what a first failure leaves may go the next time."""
    try:
        ending = one.delete(stack)
    except ClientError as refused:
        if code_of(refused) != "ValidationError":
            raise
        raise StackNotRemoved(stack.name, stack.status, said(refused)) from refused
    found = find_stack(one.access, stack.id)
    if last and found and found.status != GONE:
        raise ending.failed(StackNotRemoved)
    return found
