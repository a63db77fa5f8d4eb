"""Stacks by change sets with bare boto3: what shows the local AWS, not what deploys for Trellis."""

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING
from uuid import uuid4

from botocore.exceptions import ClientError

from tests.support.aws import AwsAccount

if TYPE_CHECKING:
    from mypy_boto3_cloudformation.type_defs import StackEventTypeDef, StackTypeDef


class Stack:
    """A stack in an account, known by name until it is made and by its id from then on."""

    def __init__(self, account: AwsAccount, name: str = "sample") -> None:
        self.cloudformation = account.client("cloudformation")
        self.name = name
        self.id = name

    def begin(self, template: str, parameters: Mapping[str, str] | None = None) -> None:
        """Execute a change set with this template, without waiting for its end."""
        change_set = self.propose(template, parameters)
        self.cloudformation.execute_change_set(ChangeSetName=change_set)

    def propose(self, template: str, parameters: Mapping[str, str] | None = None) -> str:
        change_set = self.cloudformation.create_change_set(
            StackName=self.name,
            ChangeSetName=f"c{uuid4().hex}",
            ChangeSetType="UPDATE" if self._exists() else "CREATE",
            TemplateBody=template,
            Parameters=[
                {"ParameterKey": key, "ParameterValue": value}
                for key, value in (parameters or {}).items()
            ],
            Capabilities=["CAPABILITY_IAM"],
        )
        self.id = change_set["StackId"]
        waiter = self.cloudformation.get_waiter("change_set_create_complete")
        waiter.wait(ChangeSetName=change_set["Id"], WaiterConfig={"Delay": 1, "MaxAttempts": 20})
        return change_set["Id"]

    def deploy(self, template: str, parameters: Mapping[str, str] | None = None) -> str:
        self.begin(template, parameters)
        return self.settled()

    def delete(self) -> None:
        self.cloudformation.delete_stack(StackName=self.id)

    def describe(self) -> "StackTypeDef":
        return self.cloudformation.describe_stacks(StackName=self.id)["Stacks"][0]

    def status(self) -> str:
        return self.describe()["StackStatus"]

    def settled(self, within: float = 30) -> str:
        """The status once nothing is in progress any more."""
        give_up = time.monotonic() + within
        while (status := self.status()).endswith("_IN_PROGRESS"):
            assert time.monotonic() < give_up, f"{self.name} is still {status}"
            time.sleep(0.05)
        return status

    def outputs(self) -> dict[str, str]:
        return {o["OutputKey"]: o["OutputValue"] for o in self.describe().get("Outputs", [])}

    def events(self) -> list["StackEventTypeDef"]:
        """Every event of the stack, oldest first."""
        pages = self.cloudformation.get_paginator("describe_stack_events").paginate(
            StackName=self.id
        )
        return [event for page in pages for event in page["StackEvents"]][::-1]

    def _exists(self) -> bool:
        try:
            return self.status() != "REVIEW_IN_PROGRESS"
        except ClientError:
            return False
