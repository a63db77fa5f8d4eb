"""Asks AWS what keeps a stack where it is: who changes it, what failed, what holds it."""

from collections.abc import Callable

from botocore.exceptions import ClientError

from services.builder.adapters.deployer.access import Access, code_of
from services.builder.adapters.deployer.exports import importers
from services.builder.adapters.deployer.stacks import (
    DEEPEST,
    NESTED,
    Events,
    Hide,
    Stack,
    change_set_prefix,
)
from services.builder.adapters.deployer.states import GONE, is_failure, is_good
from services.builder.domain.assembly.reach import Owner
from services.chassis.logging import get_logger

_NOT_THERE = {GONE, "DELETE_SKIPPED"}


def who_changes(access: Access, stack: Stack, owner: Owner) -> str:
    """Say who began what runs, by the token of its first event, and since when."""
    begun = [
        event
        for event in Events(access, stack.id, all_=True).new()
        if event.of_stack and event.status == stack.status
    ]
    if not begun:
        return "somebody"
    who = _who(begun[-1].token, owner)
    return f"{who}, since {begun[-1].at:%Y-%m-%d %H:%M:%S} UTC"


def was_good(access: Access, stack: Stack, owner: Owner) -> bool:
    """Whether a stack ever held what somebody may use: by its own id, not by its name."""
    return stack.id in owner.recorded or any(
        event.of_stack and is_good(event.status)
        for event in Events(access, stack.id, all_=True).new()
    )


def failed_resources(access: Access, stack: Stack) -> tuple[str, ...]:
    """Name what blocks a rollback, as `continue_rollback` takes it to be skipped."""
    return _listed(access, stack, is_failure)


def remaining_resources(access: Access, stack: Stack) -> tuple[str, ...]:
    """Name what is still there."""
    return _listed(access, stack, lambda status: status not in _NOT_THERE)


def holders(access: Access, stack: Stack) -> str:
    """Say which other stacks import from this one; empty if none does."""
    try:
        used = {name: importers(access, name) for name in stack.exports.values()}
    except ClientError as refused:
        get_logger().warning("importers not listed", stack=stack.name, code=code_of(refused))
        return ""
    return "; ".join(
        f"its export {name} is in use by {', '.join(by)}" for name, by in used.items() if by
    )


def _who(token: str, owner: Owner) -> str:
    if token.startswith(change_set_prefix(owner)):
        return "another run of this environment"
    return "the AWS console" if token.startswith("Console-") else "somebody outside Trellis"


def _listed(access: Access, stack: Stack, wanted: Callable[[str], bool]) -> tuple[str, ...]:
    """Nothing where AWS does not list them: that must not hide why they are asked for."""
    try:
        return tuple(_named(access, stack.id, wanted))
    except ClientError as refused:
        get_logger().warning("resources not listed", stack=stack.name, code=code_of(refused))
        return ()


def _named(
    access: Access,
    stack_id: str,
    wanted: Callable[[str], bool],
    *,
    prefix: str = "",
    depth: int = 0,
) -> list[str]:
    """AWS names a resource of a nested stack by that stack's name, a dot and its own."""
    names: list[str] = []
    pages = access.cloudformation.get_paginator("list_stack_resources")
    for page in pages.paginate(StackName=stack_id):
        for one in page["StackResourceSummaries"]:
            if not wanted(one["ResourceStatus"]):
                continue
            inner, nested = one.get("PhysicalResourceId", ""), list[str]()
            if one["ResourceType"] == NESTED and inner.count("/") > 1 and depth < DEEPEST:
                inside = f"{inner.split('/')[1]}."
                nested = _named(access, inner, wanted, prefix=inside, depth=depth + 1)
            names += nested or [f"{prefix}{one['LogicalResourceId']}"]
    return names


def last_failure(access: Access, stack: Stack, *, hide: Hide = str) -> str:
    """Give the reason of the newest failure of a resource, else of the stack."""
    failures = [
        event
        for event in Events(access, stack.id, hide=hide, all_=True).new()
        if is_failure(event.status) and event.reason
    ]
    inside = [event for event in failures if not event.of_stack]
    newest = (inside or failures)[-1:]
    return next((event.reason for event in newest if event.reason), "AWS gave no reason")
