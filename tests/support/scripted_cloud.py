"""CloudFormation that follows a script: for the states that no local AWS can be brought into."""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, cast
from uuid import uuid4

from botocore.exceptions import ClientError

from services.builder.adapters.deployer.access import Access
from services.builder.adapters.deployer.stacks import tags_of
from services.builder.domain.assembly.reach import Owner

ID = "arn:aws:cloudformation:eu-west-1:111122223333:stack/shop-dev/1"
AT = datetime(2026, 1, 1, tzinfo=UTC)


class ScriptedCloud:
    """One stack that goes through `states`, a step each time that it is described.

    `events` are oldest first. `on` tells what a call does; every call is in `calls`.
    """

    def __init__(self, owner: Owner, *states: str) -> None:
        self.states = list(states)
        self.tags = [{"Key": key, "Value": value} for key, value in tags_of(owner).items()]
        self.events: list[dict[str, Any]] = []
        self.nested: dict[str, list[dict[str, Any]]] = {}
        self.on: dict[str, Callable[[], None]] = {}
        self.calls: list[tuple[str, Mapping[str, Any]]] = []
        self.page_size = 100
        self.outputs: list[dict[str, str]] = []
        self.imports: dict[str, list[str]] = {}
        """By the name of an export, the stacks that import it."""
        self.resources: dict[str, dict[str, str]] = {}
        """By a stack's id, its resources and the state of each."""
        self.protected = False
        self.change_sets: list[str] = []
        """The names of those that somebody else has made."""

    @property
    def access(self) -> Access:
        return cast("Access", _Access(self))

    def called(self, name: str) -> list[Mapping[str, Any]]:
        return [given for call, given in self.calls if call == name]

    def happen(self, logical_id: str, status: str, reason: str = "", **more: str) -> None:
        """Something happens, all of it within one millisecond."""
        event = {
            "EventId": uuid4().hex,
            "StackId": ID,
            "LogicalResourceId": logical_id,
            "PhysicalResourceId": ID if logical_id == "shop-dev" else logical_id,
            "ResourceType": "AWS::SNS::Topic",
            "ResourceStatus": status,
            "ResourceStatusReason": reason,
            "Timestamp": AT,
            **more,
        }
        self.events.append(event)

    def describe_stacks(self, **given: object) -> dict[str, Any]:
        state = self.states.pop(0) if len(self.states) > 1 else self.states[0]
        if state == "-":
            raise refusal("ValidationError", "Stack with id shop-dev does not exist")
        stack: dict[str, Any] = {
            "StackName": "shop-dev",
            "StackId": ID,
            "StackStatus": state,
            "Tags": self.tags,
        }
        stack["Outputs"] = self.outputs
        stack["EnableTerminationProtection"] = self.protected
        self.calls.append(("describe_stacks", given))
        return {"Stacks": [stack]}

    def list_imports(self, **given: object) -> dict[str, Any]:
        self.calls.append(("list_imports", given))
        if importers := self.imports.get(str(given["ExportName"])):
            return {"Imports": importers}
        raise refusal("ValidationError", f"Export '{given['ExportName']}' is not imported by any")

    def summaries(self, stack_id: str) -> list[dict[str, str]]:
        """A resource whose name is the key of other resources is a nested stack."""
        kinds = {True: "AWS::CloudFormation::Stack", False: "AWS::SNS::Topic"}
        return [
            {
                "LogicalResourceId": name,
                "PhysicalResourceId": name,
                "ResourceType": kinds[name in self.resources],
                "ResourceStatus": status,
            }
            for name, status in self.resources.get(stack_id, {}).items()
        ]

    def get_paginator(self, name: str) -> "_Pages":
        return _Pages(self, name)

    def __getattr__(self, name: str) -> Callable[..., dict[str, Any]]:
        def call(**given: object) -> dict[str, Any]:
            self.calls.append((name, given))
            self.on.get(name, lambda: None)()
            return {"Id": "change-set", "StackId": ID, "Status": "CREATE_COMPLETE"}

        return call


class _Pages:
    def __init__(self, cloud: ScriptedCloud, name: str) -> None:
        self.cloud = cloud
        self.name = name

    def paginate(self, **given: object) -> Iterator[dict[str, Any]]:
        if self.name == "list_stack_resources":
            self.cloud.on.get(self.name, lambda: None)()
            return iter([{"StackResourceSummaries": self.cloud.summaries(str(given["StackName"]))}])
        if self.name == "list_change_sets":
            return iter([{"Summaries": [{"ChangeSetName": n} for n in self.cloud.change_sets]}])
        if self.name != "describe_stack_events":
            return iter([{"Changes": [{}]}])
        found = self.cloud.nested.get(str(given["StackName"]), self.cloud.events)[::-1]
        size = self.cloud.page_size
        pages = [found[n : n + size] for n in range(0, len(found), size)] or [[]]
        return iter([{"StackEvents": page} for page in pages])


class _Access:
    poll_seconds = 0.0
    endpoint = None
    region = "eu-west-1"

    def __init__(self, cloud: ScriptedCloud) -> None:
        self.cloudformation = cloud


def refusal(code: str, message: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, "Scripted")
