"""A deployer in an account of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.local_aws import LocalAws
from tests.support.aws import INSTALLATION, AwsAccount, fresh_account
from tests.support.deploying import Environment

STEP_SECONDS = 0.4


@pytest.fixture
def environment(aws_account: AwsAccount, tmp_path: Path) -> Environment:
    return Environment(aws_account, tmp_path)


@pytest.fixture(scope="session")
def slow_aws(local_aws: LocalAws, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAws]:
    """A local AWS whose stacks can be caught in progress."""
    assert local_aws.running  # which installed it
    folder = tmp_path_factory.mktemp("slow-aws")
    aws = LocalAws(folder, installation=INSTALLATION, step_seconds=STEP_SECONDS)
    aws.start()
    yield aws
    aws.stop()


@pytest.fixture
def slow_environment(slow_aws: LocalAws, tmp_path: Path) -> Environment:
    return Environment(fresh_account(slow_aws), tmp_path)
