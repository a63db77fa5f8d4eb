"""Looks, as a program of the application's, for the keys that its environment is deployed with."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import boto3
from pydantic import SecretStr

from cli.client.answers import AwsKeys
from tests.support.aws import AwsAccount

SEARCH = (Path(__file__).parent / "search_for_keys.cjs").read_text()
METADATA = (
    "http://169.254.169.254/latest/meta-data/iam/security-credentials/",
    "http://169.254.170.2/v2/credentials/",
)
"""Where a machine in AWS, or a container there, finds credentials."""


def request(
    values: Mapping[str, str],
    *,
    folders: Sequence[str] = ("/",),
    metadata: Sequence[str] = METADATA,
) -> str:
    """What the search is asked, as JSON that does not hold the values themselves."""
    reversed_ = {name: value[::-1] for name, value in values.items()}
    return json.dumps({"reversed": reversed_, "folders": folders, "metadata": metadata})


def new_keys(account: AwsAccount) -> AwsKeys:
    """Keys of a user that is made for it: both halves are nothing that anybody else knows."""
    iam = boto3.session.Session().client(
        "iam",
        endpoint_url=account.endpoint,
        region_name=account.region,
        aws_access_key_id=account.id,
        aws_secret_access_key="test",
    )
    iam.create_user(UserName="deployer")
    policy = "arn:aws:iam::aws:policy/AdministratorAccess"
    iam.attach_user_policy(UserName="deployer", PolicyArn=policy)
    key = iam.create_access_key(UserName="deployer")["AccessKey"]
    secret = SecretStr(key["SecretAccessKey"])
    return AwsKeys(access_key_id=key["AccessKeyId"], secret_access_key=secret)
