"""Stacks as they are found in an account: their state, their owner, their events."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from uuid import UUID

from botocore.exceptions import ClientError

from services.builder.adapters.deployer.access import Access, said
from services.builder.adapters.deployer.progress import Event
from services.builder.adapters.deployer.states import REVIEW
from services.builder.domain.assembly.reach import Owner
from services.builder.domain.assembly.refusals import (
    StackOfAnother,
    StackOfTheSameApplication,
)

if TYPE_CHECKING:
    from mypy_boto3_cloudformation.type_defs import StackEventTypeDef, StackTypeDef

APPLICATION, ENVIRONMENT = "trellis:application", "trellis:environment"
NAME = "trellis:name"
"""What they are called when the stack is deployed: for people, decides nothing."""

NESTED = "AWS::CloudFormation::Stack"
"""The type of a resource that is a stack itself."""

DEEPEST = 5
"""How deep nested stacks are looked into."""

_CHANGE_SET = re.compile(r"^trellis-([0-9a-f]{32})-")
_ANOTHER_NAME = (
    "Give this environment another stack name (`trellis apps settings --stack-name`, or the "
    "name in the application), or credentials of another account."
)

Hide = Callable[[str], str]
"""Takes secret values out of what AWS says."""


@dataclass(frozen=True, slots=True)
class Stack:
    """A stack as AWS describes it; a local AWS and the real one alike."""

    name: str
    id: str
    status: str
    tags: Mapping[str, str]
    outputs: Mapping[str, str]
    exports: Mapping[str, str] = field(default_factory=dict)
    """What other stacks may import, by the key of its output."""
    protected: bool = False
    """Whether AWS refuses to delete it."""


def tags_of(owner: Owner) -> dict[str, str]:
    """Give the tags by which a stack is known as an environment's own."""
    return {APPLICATION: str(owner.application_id), ENVIRONMENT: str(owner.environment_id)}


def carries(tags: Mapping[str, str], owner: Owner) -> bool:
    """Say whether a stack with these tags is known as the environment's own."""
    return tags_of(owner).items() <= tags.items()


def find_stack(access: Access, name_or_id: str) -> Stack | None:
    """Give a stack, None where there is none. By its id it is found after its end, too."""
    try:
        found = access.cloudformation.describe_stacks(StackName=name_or_id)["Stacks"][0]
    except ClientError as refused:
        if "does not exist" in said(refused):  # the API has no code of its own for it
            return None
        raise
    return _stack(found)


def labels_of(owner: Owner) -> dict[str, str]:
    """Give those tags, and the one by which people know whose it is."""
    return {**tags_of(owner), **({NAME: owner.called} if owner.called else {})}


def check_owner(access: Access, stack: Stack, owner: Owner) -> None:
    """See that a stack is this environment's.

    A stack under review, without resources and with no change sets but ours, is ours too: AWS
    gives it its tags only when it is made.

    Raises:
        StackOfAnother: it is not, or another environment is about to make it.
    """
    if carries(stack.tags, owner):
        return
    application = stack.tags.get(APPLICATION, str(owner.application_id))
    if ENVIRONMENT in stack.tags or application != str(owner.application_id):
        raise _of_another(stack, stack.tags.get(ENVIRONMENT, "of another application"), owner)
    if stack.id in owner.recorded or stack.name in owner.adopts:
        return
    if stack.status == REVIEW and _is_only_ours(access, stack, owner):
        return
    raise StackOfAnother(
        stack.name,
        "somebody outside Trellis",
        "Hand it to this environment with `trellis apps settings --adopt` if it is the same "
        "application, deployed by its own CLI until now; else give this one another name.",
    )


def _of_another(stack: Stack, environment: str, owner: Owner) -> StackOfAnother:
    called = stack.tags.get(NAME, environment)
    if stack.tags.get(APPLICATION) == str(owner.application_id):
        return StackOfTheSameApplication(stack.name, called)
    return StackOfAnother(
        stack.name,
        f"environment {called} of Trellis",
        _ANOTHER_NAME,
    )


def change_set_prefix(owner: Owner) -> str:
    """Begin the names of an environment's change sets."""
    return f"trellis-{owner.environment_id.hex}-"


class Events:
    """The events of one stack from now on; each is given once, oldest first."""

    def __init__(
        self, access: Access, stack_id: str, *, hide: Hide = str, all_: bool = False
    ) -> None:
        """Takes the stack's id, because its name may be used again; `all_`: from its beginning."""
        self._access = access
        self._id = stack_id
        self._hide = hide
        self._seen = set() if all_ else {e["EventId"] for e in next(self._pages(), [])}

    def new(self) -> list[Event]:
        """Give the events since the last call, in the order in which the API has them."""
        found: list[StackEventTypeDef] = []
        for page in self._pages():
            fresh = [event for event in page if event["EventId"] not in self._seen]
            found += fresh
            if len(fresh) < len(page):
                break
        self._seen.update(event["EventId"] for event in found)
        return [self._event(event) for event in reversed(found) if event["StackId"] == self._id]

    def _pages(self) -> "Iterator[list[StackEventTypeDef]]":
        """The pages of events, the newest first."""
        paginator = self._access.cloudformation.get_paginator("describe_stack_events")
        for page in paginator.paginate(StackName=self._id):
            yield page["StackEvents"]

    def _event(self, event: "StackEventTypeDef") -> Event:
        physical, reason = event.get("PhysicalResourceId", ""), event.get("ResourceStatusReason")
        return Event(
            id=event["EventId"],
            logical_id=event.get("LogicalResourceId", "?"),
            physical_id=physical,
            type=event.get("ResourceType", ""),
            status=event.get("ResourceStatus", ""),
            reason=self._hide(reason) if reason else None,
            at=event["Timestamp"],
            of_stack=physical == self._id,
            token=event.get("ClientRequestToken", ""),
        )


def _stack(found: "StackTypeDef") -> Stack:
    return Stack(
        name=found["StackName"],
        id=found["StackId"],
        status=found["StackStatus"],
        tags={tag["Key"]: tag["Value"] for tag in found.get("Tags", [])},
        outputs={
            output["OutputKey"]: output.get("OutputValue", "")
            for output in found.get("Outputs", [])
        },
        exports={
            output["OutputKey"]: output["ExportName"]
            for output in found.get("Outputs", [])
            if "ExportName" in output
        },
        protected=found.get("EnableTerminationProtection", False),
    )


def _is_only_ours(access: Access, stack: Stack, owner: Owner) -> bool:
    """Whether a shell has no change sets but ours.

    Raises:
        StackOfAnother: it has one of another environment, which is about to make the stack.
    """
    others = [
        name for name in change_sets(access, stack) if not name.startswith(change_set_prefix(owner))
    ]
    for name in others:
        if by := _CHANGE_SET.match(name):
            environment = f"{UUID(by[1])}, which is about to make it"
            raise StackOfAnother(stack.name, f"environment {environment}", _ANOTHER_NAME)
    return not others


def change_sets(access: Access, stack: Stack) -> list[str]:
    """Name the change sets of a stack."""
    paginator = access.cloudformation.get_paginator("list_change_sets")
    return [
        change_set.get("ChangeSetName", "")
        for page in paginator.paginate(StackName=stack.name)
        for change_set in page["Summaries"]
    ]
