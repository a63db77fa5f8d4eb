"""Asks the local AWS itself what is left in an account, past everything that Trellis believes."""

import boto3

BOOTSTRAP = "trellis-bootstrap"
"""The account's own stack, which holds the asset bucket and stays."""


def stacks_in(endpoint: str, account: str, region: str) -> list[str]:
    """Give the names of the stacks that an account has, without the kept bootstrap."""
    cloudformation = boto3.client(
        "cloudformation",
        endpoint_url=endpoint,
        region_name=region,
        aws_access_key_id=account,
        aws_secret_access_key="a local AWS takes any",  # noqa: S106 - it is no secret
    )
    pages = cloudformation.get_paginator("describe_stacks").paginate()
    names = [stack["StackName"] for page in pages for stack in page["Stacks"]]
    return [name for name in names if name != BOOTSTRAP]
