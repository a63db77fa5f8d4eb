"""What lies in one account of a local AWS: its stacks, as far as an application has made them."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

import boto3

from cli.local_aws import LocalAws

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_lambda import LambdaClient

REGION = "us-east-1"
_OF_EVERYBODY = ("CDKToolkit", "SSTBootstrap", "trellis-bootstrap")
_GONE = "DELETE_COMPLETE"


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
        """Look at everything that an application has here."""
        stacks = [
            stack
            for page in self._cloudformation.get_paginator("describe_stacks").paginate()
            for stack in page["Stacks"]
            if not stack["StackName"].startswith(_OF_EVERYBODY)
            and stack["StackStatus"] != _GONE
            and "ParentId" not in stack
        ]
        values = [out.get("OutputValue", "") for one in stacks for out in one.get("Outputs", [])]
        return Picture(
            {stack["StackName"]: self._types(stack["StackName"]) for stack in stacks},
            {
                stack["StackName"]: tuple(
                    sorted(output["OutputKey"] for output in stack.get("Outputs", []))
                )
                for stack in stacks
            },
            tuple(sorted({value for value in values if value.startswith(("http:", "https:"))})),
            self._code({stack["StackName"] for stack in stacks}),
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

    def _types(self, stack: str) -> tuple[str, ...]:
        found = self._cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack)
        return tuple(
            sorted(
                resource["ResourceType"]
                for page in found
                for resource in page["StackResourceSummaries"]
            )
        )

    def _code(self, stacks: set[str]) -> dict[str, str]:
        """By logical id, because physical names hold chance."""
        code: dict[str, str] = {}
        for stack in stacks:
            pages = self._cloudformation.get_paginator("list_stack_resources").paginate(
                StackName=stack
            )
            for page in pages:
                for resource in page["StackResourceSummaries"]:
                    if resource["ResourceType"] == "AWS::Lambda::Function":
                        found = self._lambda.get_function_configuration(
                            FunctionName=resource.get("PhysicalResourceId", "")
                        )
                        code[f"{stack}/{resource['LogicalResourceId']}"] = found["CodeSha256"]
        return code

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
