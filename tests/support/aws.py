"""One local AWS for a whole run of the tests, and in it an account for each test."""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, overload

import boto3
import pytest

from cli.local_aws import LocalAws

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_ec2 import EC2Client
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_ssm import SSMClient
    from mypy_boto3_sts import STSClient

INSTALLATION = Path(__file__).parents[2] / "build" / "local-aws"
"""Kept between runs of the tests: installing takes half a minute."""


@dataclass(frozen=True, kw_only=True)
class AwsAccount:
    """An account that nobody else uses, in one region of a local AWS; we are its root."""

    id: str
    region: str
    local_aws: LocalAws

    @property
    def endpoint(self) -> str:
        return self.local_aws.endpoint

    def environment(self) -> dict[str, str]:
        """What a CLI or an SDK needs to reach this account."""
        return self.local_aws.client_environment(self.id, self.region)

    @overload
    def client(self, service: Literal["cloudformation"]) -> "CloudFormationClient": ...
    @overload
    def client(self, service: Literal["s3"]) -> "S3Client": ...
    @overload
    def client(self, service: Literal["ssm"]) -> "SSMClient": ...
    @overload
    def client(self, service: Literal["sts"]) -> "STSClient": ...
    @overload
    def client(self, service: Literal["ec2"]) -> "EC2Client": ...
    def client(self, service: Literal["cloudformation", "ec2", "s3", "ssm", "sts"]) -> object:
        """A boto3 client of the account."""
        return boto3.client(
            service,
            endpoint_url=self.endpoint,
            region_name=self.region,
            aws_access_key_id=self.id,
            aws_secret_access_key="test",
        )


def fresh_account(local_aws: LocalAws, region: str = "eu-west-1") -> AwsAccount:
    """An account with a number that no other test has."""
    number = str(10**11 + secrets.randbelow(9 * 10**11))
    return AwsAccount(id=number, region=region, local_aws=local_aws)


@pytest.fixture(scope="session")
def local_aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAws]:
    """The local AWS of this run; installed once, under build/."""
    aws = LocalAws(tmp_path_factory.mktemp("local-aws"), installation=INSTALLATION)
    aws.install(print)
    aws.start()
    yield aws
    aws.stop()


@pytest.fixture
def aws_account(local_aws: LocalAws) -> AwsAccount:
    """An empty account."""
    return fresh_account(local_aws)
