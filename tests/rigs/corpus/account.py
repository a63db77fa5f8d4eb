"""What lies in one account of a local AWS: its stacks, as far as an application has made them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

import boto3

from cli.local_aws import LocalAws

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_cloudformation.type_defs import StackResourceSummaryTypeDef as Resource
    from mypy_boto3_cloudformation.type_defs import StackTypeDef as Stack
    from mypy_boto3_lambda import LambdaClient

REGION = "us-east-1"
_OF_EVERYBODY = ("CDKToolkit", "SSTBootstrap", "trellis-bootstrap")
_GONE = "DELETE_COMPLETE"
_NESTED = "AWS::CloudFormation::Stack"


@dataclass(frozen=True)
class Picture:
    """An account at one moment: stacks with what is in them, outputs, and the code that runs."""

    resources: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """By stack, the types of its resources, sorted."""
    outputs: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """By stack, the keys of its outputs, sorted."""
    urls: tuple[str, ...] = ()
    code: dict[str, str] = field(default_factory=dict)
    """By function, the digest of its code."""

    @property
    def shape(self) -> tuple[object, ...]:
        """What is to be the same whoever deployed it."""
        return (self.resources, self.outputs)


@dataclass(frozen=True)
class Account:
    """One account, seen from outside."""

    number: str
    aws: LocalAws

    def picture(self) -> Picture:
        """Look at everything that an application has here; nested stacks by their logical id."""
        stacks = self._stacks()
        held = {name: resources for one in stacks for name, resources in self._held(one, one)}
        nested = {_physical(one) for of in held.values() for one in of if _is_stack(one)}
        tops = {name: of for name, of in stacks.items() if nested.isdisjoint((name, of["StackId"]))}
        outputs = {name: of.get("Outputs", []) for name, of in tops.items()}
        values = {output.get("OutputValue", "") for of in outputs.values() for output in of}
        seen = {path: of for path, of in held.items() if path.partition("/")[0] in tops}
        return Picture(
            {path: tuple(sorted(one["ResourceType"] for one in of)) for path, of in seen.items()},
            {name: tuple(sorted(one["OutputKey"] for one in of)) for name, of in outputs.items()},
            tuple(sorted(value for value in values if value.startswith(("http:", "https:")))),
            self._code(seen),
        )

    def touched(self) -> bool:
        """Whether any stack of an application was ever begun here, also one that is gone."""
        pages = self._cloudformation.get_paginator("list_stacks").paginate()
        return any(
            not stack["StackName"].startswith(_OF_EVERYBODY)
            for page in pages
            for stack in page["StackSummaries"]
        )

    def environment(self) -> dict[str, str]:
        """What a CLI needs to reach it."""
        return self.aws.client_environment(self.number, REGION)

    def _stacks(self) -> "dict[str, Stack]":
        pages = self._cloudformation.get_paginator("describe_stacks").paginate()
        return {
            stack["StackName"]: stack
            for page in pages
            for stack in page["Stacks"]
            if not stack["StackName"].startswith(_OF_EVERYBODY) and stack["StackStatus"] != _GONE
        }

    def _held(self, stack: str, path: str) -> "Iterator[tuple[str, list[Resource]]]":
        """The resources of a stack and of those nested in it, whose names hold chance."""
        pages = self._cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack)
        resources = [one for page in pages for one in page["StackResourceSummaries"]]
        yield path, resources
        for one in resources:
            if _is_stack(one):
                yield from self._held(_physical(one), f"{path}/{one['LogicalResourceId']}")

    def _code(self, held: "Mapping[str, list[Resource]]") -> dict[str, str]:
        """By logical id, because physical names hold chance."""
        return {
            f"{path}/{one['LogicalResourceId']}": self._lambda.get_function_configuration(
                FunctionName=_physical(one)
            )["CodeSha256"]
            for path, resources in held.items()
            for one in resources
            if one["ResourceType"] == "AWS::Lambda::Function"
        }

    @property
    def _cloudformation(self) -> "CloudFormationClient":
        return cast("CloudFormationClient", self._client("cloudformation"))

    @property
    def _lambda(self) -> "LambdaClient":
        return cast("LambdaClient", self._client("lambda"))

    def _client(self, service: str) -> object:
        return boto3.session.Session().client(  # type: ignore[call-overload]  # a service by its name
            service,
            endpoint_url=self.aws.endpoint,
            region_name=REGION,
            aws_access_key_id=self.number,
            aws_secret_access_key="test",
        )


def _is_stack(resource: "Resource") -> bool:
    return resource["ResourceType"] == _NESTED


def _physical(resource: "Resource") -> str:
    return resource.get("PhysicalResourceId", "")
