"""Makes a change set and waits until AWS has worked out what it would change."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypedDict
from uuid import uuid4

from botocore.exceptions import ClientError

from services.builder.adapters.deployer.access import Access, code_of, said
from services.builder.adapters.deployer.errors import StackFailed
from services.builder.adapters.deployer.retries import persist
from services.builder.adapters.deployer.stacks import (
    Hide,
    change_set_prefix,
    change_sets,
    find_stack,
    labels_of,
)
from services.builder.adapters.deployer.states import REVIEW
from services.builder.domain.assembly.reach import Owner
from services.chassis.failpoints import passed

if TYPE_CHECKING:
    from mypy_boto3_cloudformation.type_defs import TagTypeDef

_OF_THE_STACK = {
    "AlreadyExistsException",
    "InsufficientCapabilitiesException",
    "LimitExceededException",
    "ValidationError",
}
_NOTHING = ("didn't contain changes", "No updates are to be performed")
_SECONDS = 600


class TemplateParameter(TypedDict, total=False):
    """Where AWS finds a template: in the request itself, or in a bucket."""

    TemplateBody: str
    TemplateURL: str


@dataclass(frozen=True, slots=True)
class ChangeSet:
    """A change that can be executed; `count` is how many resources it may touch."""

    id: str
    stack_id: str
    new: bool
    count: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What a stack is to become. Every parameter is in it, so that none depends on history."""

    stack: str
    owner: Owner
    new: bool
    template: "TemplateParameter"
    parameters: Mapping[str, str]
    tags: Mapping[str, str]
    hide: Hide


def propose(
    access: Access, change: Change, *, pause: Callable[[float], object]
) -> ChangeSet | None:
    """Make a change set; None when there is nothing to change. `pause` is between retries.

    Raises:
        StackFailed: AWS cannot make it; nothing was changed, and no shell of a new stack is left.
    """
    tags: list[TagTypeDef] = [
        {"Key": key, "Value": value}
        for key, value in (dict(change.tags) | labels_of(change.owner)).items()
    ]
    name = f"{change_set_prefix(change.owner)}{uuid4().hex}"
    try:
        made = persist(
            lambda: access.cloudformation.create_change_set(
                StackName=change.stack,
                ChangeSetName=name,
                ClientToken=name,
                ChangeSetType="CREATE" if change.new else "UPDATE",
                Parameters=[
                    {"ParameterKey": key, "ParameterValue": value}
                    for key, value in sorted(change.parameters.items())
                ],
                Capabilities=["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"],
                Tags=tags,
                **change.template,
            ),
            pause=pause,
        )
    except ClientError as refused:
        if code_of(refused) not in _OF_THE_STACK:
            raise
        if any(words in said(refused) for words in _NOTHING):
            return None
        raise StackFailed(change.stack, _before(change), change.hide(said(refused))) from refused
    passed("after change set made")
    change_set = ChangeSet(made["Id"], made["StackId"], new=change.new)
    return _worked_out(access, change, change_set, pause=pause)


def discard(access: Access, change_set: ChangeSet) -> None:
    """Take a change set back; of a new stack it leaves no shell under review.

    A stack that has moved on, or holds another change set, is somebody's: it stays.
    """
    access.cloudformation.delete_change_set(
        ChangeSetName=change_set.id, StackName=change_set.stack_id
    )
    shell = find_stack(access, change_set.stack_id) if change_set.new else None
    if shell and shell.status == REVIEW and not change_sets(access, shell):
        access.cloudformation.delete_stack(StackName=shell.id)


def _worked_out(
    access: Access, change: Change, made: ChangeSet, *, pause: Callable[[float], object]
) -> ChangeSet | None:
    give_up = time.monotonic() + _SECONDS
    while time.monotonic() < give_up:
        described = persist(
            lambda: access.cloudformation.describe_change_set(
                ChangeSetName=made.id, StackName=made.stack_id
            ),
            pause=pause,
        )
        match described["Status"]:
            case "CREATE_COMPLETE":
                return replace(made, count=_count(access, made))
            case "FAILED":
                reason = described.get("StatusReason", "")
                discard(access, made)
                if any(words in reason for words in _NOTHING):
                    return None
                raise StackFailed(change.stack, _before(change), change.hide(reason))
            case _:
                time.sleep(access.poll_seconds)
    discard(access, made)
    raise StackFailed(change.stack, _before(change), "AWS could not work out what would change")


def _count(access: Access, made: ChangeSet) -> int:
    paginator = access.cloudformation.get_paginator("describe_change_set")
    pages = paginator.paginate(ChangeSetName=made.id, StackName=made.stack_id)
    return sum(len(page.get("Changes", [])) for page in pages)


def _before(change: Change) -> str:
    return "not created" if change.new else "unchanged"
