"""The way to one account and region: explicit credentials, nothing of this machine's own."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any, Self

import boto3
import botocore.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from pydantic import BaseModel, ConfigDict, SecretStr, StringConstraints, ValidationError

from services.builder.adapters.deployer.errors import AwsUnreachable, CredentialsRefused

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_ec2 import EC2Client
    from mypy_boto3_route53 import Route53Client
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_ssm import SSMClient
    from mypy_boto3_sts import STSClient

_REFUSED = {
    "AccessDenied",
    "AccessDeniedException",
    "AuthFailure",
    "ExpiredToken",
    "ExpiredTokenException",
    "IncompleteSignature",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "InvalidToken",
    "MissingAuthenticationToken",
    "OptInRequired",
    "RequestExpired",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
}
_ATTEMPTS = 8
_POLL_SECONDS, _POLL_SECONDS_LOCAL = 1.5, 0.1

_NEVER_FROM_OUTSIDE = (None, None, None, None)
"""A botocore variable that no file, no environment and no default gives a value."""
_NOTHING_OF_THIS_MACHINE: dict[str, str | bool] = {
    "config_file": os.devnull,
    "credentials_file": os.devnull,
    "ignore_configured_endpoint_urls": True,
}

_Word = Annotated[str, StringConstraints(min_length=1, max_length=4096)]


def asset_bucket(account: str, region: str) -> str:
    """Name the bucket that assets of an account and region go to."""
    return f"trellis-assets-{account}-{region}"


class AwsCredentials(BaseModel):
    """A key of an environment's account."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    access_key_id: _Word
    secret_access_key: SecretStr
    session_token: SecretStr | None = None

    @classmethod
    def parse(cls, stored: SecretStr | None) -> Self:
        """Read credentials as the secrets store keeps them (JSON).

        Raises:
            CredentialsRefused: there are none, or they are no credentials.
        """
        if stored is None:
            raise CredentialsRefused("NoCredentials", "none are set for this environment")
        try:
            return cls.model_validate_json(stored.get_secret_value())
        except ValidationError:
            detail = "they are not a JSON object of access_key_id and secret_access_key"
            raise CredentialsRefused("Malformed", detail) from None


@dataclass(frozen=True)
class Identity:
    """Who AWS says that we are."""

    account: str
    arn: str


class NotAllowedHere(Exception):
    """A part of Trellis made a call of AWS that it may not make: a fault of ours."""

    def __init__(self, call: str) -> None:
        super().__init__(f"{call} is not among the calls that may be made here")


class Access:
    """Clients for one account in one region, of a local AWS where there is an `endpoint`.

    No profile, no variable and no file of this machine has a say. Throttled calls are repeated,
    by the API's error codes, a bounded number of times.
    """

    def __init__(
        self,
        credentials: AwsCredentials,
        region: str,
        endpoint: str | None,
        *,
        calls: frozenset[str] | None = None,
    ) -> None:
        """Takes an account's key; `calls` are the only ones that may be made with it."""
        self.region = region
        self.endpoint = endpoint
        self.poll_seconds = _POLL_SECONDS_LOCAL if endpoint else _POLL_SECONDS
        self._credentials, self._calls = credentials, calls

    def in_region(self, region: str) -> "Access":
        """Give the same account's access in another region."""
        return Access(self._credentials, region, self.endpoint, calls=self._calls)

    def only(self, calls: frozenset[str]) -> "Access":
        """Give the same account's access for some calls of AWS's API; any other raises."""
        return Access(self._credentials, self.region, self.endpoint, calls=calls)

    @cached_property
    def identity(self) -> Identity:
        """Who AWS says we are; asked once."""
        caller = self.sts.get_caller_identity()
        return Identity(caller["Account"], caller["Arn"])

    @cached_property
    def cloudformation(self) -> "CloudFormationClient":
        """CloudFormation."""
        return self._session.client(
            "cloudformation", endpoint_url=self.endpoint, config=self._config
        )

    @cached_property
    def s3(self) -> "S3Client":
        """S3."""
        return self._session.client("s3", endpoint_url=self.endpoint, config=self._config)

    @cached_property
    def sts(self) -> "STSClient":
        """STS."""
        return self._session.client("sts", endpoint_url=self.endpoint, config=self._config)

    @cached_property
    def ec2(self) -> "EC2Client":
        """EC2, to look things up."""
        return self._session.client("ec2", endpoint_url=self.endpoint, config=self._config)

    @cached_property
    def ssm(self) -> "SSMClient":
        """Systems Manager, to look things up."""
        return self._session.client("ssm", endpoint_url=self.endpoint, config=self._config)

    @cached_property
    def route53(self) -> "Route53Client":
        """Route 53, to look things up."""
        return self._session.client("route53", endpoint_url=self.endpoint, config=self._config)

    @cached_property
    def _session(self) -> boto3.Session:
        bare = botocore.session.Session(session_vars={"profile": _NEVER_FROM_OUTSIDE})
        for variable, value in _NOTHING_OF_THIS_MACHINE.items():
            bare.set_config_variable(variable, value)
        bare.register("before-parameter-build", self._check_call)
        token = self._credentials.session_token
        return boto3.Session(
            aws_access_key_id=self._credentials.access_key_id,
            aws_secret_access_key=self._credentials.secret_access_key.get_secret_value(),
            aws_session_token=token.get_secret_value() if token else None,
            region_name=self.region,
            botocore_session=bare,
        )

    def _check_call(self, **about: Any) -> None:  # noqa: ANN401 - botocore's own event
        call = about["model"].name
        if self._calls is not None and call not in self._calls:
            raise NotAllowedHere(call)

    @cached_property
    def _config(self) -> Config:
        bounded = Config(
            retries={"mode": "standard", "total_max_attempts": _ATTEMPTS},
            connect_timeout=10,
            read_timeout=60,
            user_agent_extra="trellis",
        )
        local = Config(proxies={}, s3={"addressing_style": "path"})
        return bounded.merge(local) if self.endpoint else bounded


@contextmanager
def speaking() -> Iterator[None]:
    """Turn what ends every conversation with AWS into our own errors; the rest passes.

    Raises:
        CredentialsRefused, AwsUnreachable
    """
    try:
        yield
    except ClientError as refused:
        if code_of(refused) in _REFUSED:
            raise CredentialsRefused(code_of(refused), said(refused)) from refused
        raise
    except BotoCoreError as silence:
        raise AwsUnreachable(str(silence)) from silence


def code_of(refused: ClientError) -> str:
    """Give the API's error code."""
    return str(refused.response.get("Error", {}).get("Code", "Unknown"))


def said(refused: ClientError) -> str:
    """Give what the API says about its refusal."""
    return str(refused.response.get("Error", {}).get("Message", "")) or str(refused)
