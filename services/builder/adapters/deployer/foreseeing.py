"""Finds out what a deploy would change: by change sets that are taken back, never executed."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from services.builder.adapters.deployer.access import Access, code_of, said
from services.builder.adapters.deployer.changes import Change, ChangeSet, discard, propose
from services.builder.adapters.deployer.errors import StackFailed
from services.builder.adapters.deployer.exports import with_exports_in_use
from services.builder.adapters.deployer.one_stack import given
from services.builder.adapters.deployer.prepared import Prepared
from services.builder.adapters.deployer.stacks import Stack, check_owner, find_stack
from services.builder.adapters.deployer.states import REVIEW, Way, way
from services.builder.adapters.deployer.uploads import Uploads
from services.builder.adapters.deployer.watch import Watch
from services.builder.domain.assembly.checked import CheckedStack
from services.builder.domain.assembly.reach import Owner
from services.chassis.logging import get_logger
from trellis_contracts.changes import (
    MOST_RESOURCES,
    ResourceAction,
    ResourceChange,
    StackChanges,
)
from trellis_contracts.losses import change_of, ordered
from trellis_contracts.releases import StackOutputs

if TYPE_CHECKING:
    from mypy_boto3_cloudformation.type_defs import ResourceChangeTypeDef

_ACTIONS = {
    "Add": ResourceAction.ADD,
    "Import": ResourceAction.ADD,
    "Remove": ResourceAction.REMOVE,
    "Dynamic": ResourceAction.MAY_REPLACE,
}
_REPLACEMENTS = {"True": ResourceAction.REPLACE, "Conditional": ResourceAction.MAY_REPLACE}
_WHY = {
    Way.WAIT: "something changes it now; ask again when that has ended",
    Way.CLEAR: "it never was good: a deployment deletes it and makes all of it anew",
    Way.CONTINUE: "its rollback is stuck: a deployment first continues that",
    Way.REFUSE: "its removal failed half-way: a deployment would be refused",
}
_LONGEST_REASON = 1024


@dataclass(frozen=True)
class Foresight:
    """Looks at the stacks of one environment; what it makes there it takes back at once."""

    access: Access
    owner: Owner
    watch: Watch
    uploads: Uploads

    def change(self, stack: CheckedStack, prepared: Prepared) -> StackChanges:
        """Say what a deploy would make of a stack, or why that cannot be said now.

        Raises:
            StackOfAnother: it is not this environment's.
            Stopped, OutOfTime
        """
        self.watch.check()
        found = find_stack(self.access, stack.name)
        if found:
            check_owner(self.access, found, self.owner)
        if found and found.status != REVIEW and way(found.status) in _WHY:
            why = f"it is {found.status}: {_WHY[way(found.status)]}"
            return StackChanges(stack=stack.name, unknown=why)
        try:
            return self._proposed(stack, prepared, found)
        except StackFailed as refused:
            return self._unknown(stack.name, refused.reason, found)
        except ClientError as refused:
            if code_of(refused) not in ("ChangeSetNotFound", "NoSuchBucket", "ValidationError"):
                raise
            return self._unknown(stack.name, prepared.hide(said(refused)), found)

    def removal(self, stack: StackOutputs) -> StackChanges | None:
        """Say what goes with a stack that the assembly has no more; None: it is gone already."""
        found = find_stack(self.access, stack.stack_id)
        if found is None or way(found.status) is Way.CREATE:
            return None
        check_owner(self.access, found, self.owner)
        return _listed(StackChanges(stack=found.name, gone=True), self._resources(found))

    def _proposed(
        self, stack: CheckedStack, prepared: Prepared, found: Stack | None
    ) -> StackChanges:
        new = found is None or way(found.status) is not Way.UPDATE
        text, _ = with_exports_in_use(self.access, None if new else found, stack.template)
        change = Change(
            stack=stack.name,
            owner=self.owner,
            new=new,
            template=given(text, self.uploads),
            parameters=prepared.parameters(stack),
            tags=stack.tags,
            hide=prepared.hide,
        )
        blank = StackChanges(stack=stack.name, new=new)
        change_set = propose(self.access, change, pause=self.watch.pause)
        if change_set is None:
            return blank
        try:
            return _listed(blank, self._changes(change_set))
        finally:
            self._take_back(change_set)

    def _take_back(self, change_set: ChangeSet) -> None:
        try:
            discard(self.access, change_set)
        except ClientError as refused:
            get_logger().warning("a change set was not taken back", reason=said(refused))

    def _changes(self, change_set: ChangeSet) -> list[ResourceChange]:
        paginator = self.access.cloudformation.get_paginator("describe_change_set")
        pages = paginator.paginate(ChangeSetName=change_set.id, StackName=change_set.stack_id)
        found = (change.get("ResourceChange") for page in pages for change in page["Changes"])
        return [_change(resource) for resource in found if resource]

    def _resources(self, stack: Stack) -> Iterator[ResourceChange]:
        policies = self._policies(stack)
        paginator = self.access.cloudformation.get_paginator("list_stack_resources")
        for page in paginator.paginate(StackName=stack.id):
            for resource in page["StackResourceSummaries"]:
                name = resource["LogicalResourceId"]
                yield change_of(
                    name,
                    resource["ResourceType"],
                    ResourceAction.REMOVE,
                    policy=policies.get(name),
                )

    def _policies(self, stack: Stack) -> dict[str, str]:
        """What the template says is to become of its resources, where it can be read."""
        body: Any = self.access.cloudformation.get_template(StackName=stack.id)["TemplateBody"]
        resources = body.get("Resources", {}) if isinstance(body, dict) else {}
        return {
            name: str(one["DeletionPolicy"])
            for name, one in resources.items()
            if "DeletionPolicy" in one
        }

    def _unknown(self, name: str, reason: str, found: Stack | None) -> StackChanges:
        return StackChanges(stack=name, new=found is None, unknown=reason[:_LONGEST_REASON])


def _change(resource: "ResourceChangeTypeDef") -> ResourceChange:
    replacement = _REPLACEMENTS.get(resource.get("Replacement", ""), ResourceAction.MODIFY)
    return change_of(
        resource.get("LogicalResourceId", "?"),
        resource.get("ResourceType", ""),
        _ACTIONS.get(resource.get("Action", ""), replacement),
        policy=resource.get("PolicyAction"),
    )


def _listed(
    blank: StackChanges, changes: "Iterator[ResourceChange] | list[ResourceChange]"
) -> StackChanges:
    found = ordered(changes)
    shown, rest = found[:MOST_RESOURCES], len(found[MOST_RESOURCES:])
    return blank.model_copy(update={"changes": tuple(shown), "unlisted": rest})
