"""The fixtures that integration tests share."""

from tests.support.aws import aws_account, local_aws

__all__ = ["aws_account", "local_aws"]
