"""How the local AWS starts, is found, and ends: with us, whatever ends us."""

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import boto3
import httpx
import pytest
from botocore.exceptions import ClientError

from cli.local_aws import DidNotStart, LocalAws, NotRunning, PortTaken
from cli.local_aws_installation import NotInstalled
from tests.support.aws import INSTALLATION, AwsAccount, fresh_account
from tests.support.listeners import listening_addresses, processes_of_group
from tests.support.waiting import until

LOOPBACK = "127.0.0.1"
HOLD_A_LOCAL_AWS = """
import sys, pathlib
from cli.local_aws import LocalAws
aws = LocalAws(pathlib.Path(sys.argv[1]), installation=pathlib.Path(sys.argv[2]))
aws.start()
print(aws.process_group, flush=True)
sys.stdin.read()
"""

ASK_FOR_ACCOUNT = "import boto3; print(boto3.client('sts').get_caller_identity()['Account'])"


@pytest.fixture
def another(local_aws: LocalAws, tmp_path: Path) -> Iterator[LocalAws]:
    """A local AWS that a test may stop."""
    assert local_aws.running  # which installed it
    aws = LocalAws(tmp_path / "aws", installation=INSTALLATION)
    yield aws
    aws.stop()


def test_it_listens_on_loopback_only(another: LocalAws) -> None:
    another.start()
    transfer = boto3.client(
        "transfer",
        endpoint_url=another.endpoint,
        region_name="eu-west-1",
        aws_access_key_id="123456789012",
        aws_secret_access_key="test",
    )

    transfer.create_server(Protocols=["SFTP"])  # of the services the one with a listener of its own

    addresses = until(lambda: listening_addresses(another.process_group))
    assert addresses == {LOOPBACK}


def test_every_start_is_another_instance_that_has_forgotten_everything(another: LocalAws) -> None:
    another.start()
    account, first = fresh_account(another), another.instance
    account.client("ssm").put_parameter(Name="/kept", Value="?", Type="String")
    another.stop()

    another.start()

    assert another.instance != first
    assert account.client("ssm").describe_parameters()["Parameters"] == []


def test_its_instance_can_be_asked_over_http(local_aws: LocalAws) -> None:
    answer = httpx.get(f"{local_aws.endpoint}/_trellis/instance")

    assert answer.json() == {"instance": local_aws.instance}


def test_it_ends_when_its_parent_is_killed(another: LocalAws) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD_A_LOCAL_AWS, str(another.folder), str(INSTALLATION)],
        cwd=Path(__file__).parents[3],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with holder:
        assert holder.stdout
        group = int(holder.stdout.readline())
        assert processes_of_group(group)

        holder.kill()

        assert until(lambda: not processes_of_group(group))


def test_it_outlives_the_thread_that_started_it(another: LocalAws) -> None:
    starter = threading.Thread(target=another.start)
    starter.start()
    starter.join()

    assert another.running
    assert httpx.get(f"{another.endpoint}/_ministack/ready").is_success


def test_stopping_it_leaves_no_process_and_no_unpacked_function(another: LocalAws) -> None:
    another.start()
    group = another.process_group

    another.stop()
    another.stop()

    assert not processes_of_group(group)
    assert not another.running
    assert [file.name for file in another.folder.iterdir()] == ["local_aws.log"]


def test_it_tells_when_it_ended_by_itself(another: LocalAws) -> None:
    another.start()
    os.kill(another.process_group, signal.SIGKILL)

    assert until(lambda: not another.running)


def test_a_taken_port_is_refused(local_aws: LocalAws, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as squatter:
        port = squatter.getsockname()[1]
        with pytest.raises(PortTaken, match=str(port)):
            LocalAws(tmp_path, port=port, installation=INSTALLATION).start()
    assert local_aws.running


def test_one_that_cannot_start_shows_its_log_and_leaves_nothing(another: LocalAws) -> None:
    with pytest.raises(DidNotStart, match="Its log, "):
        another.start(within=0)

    assert not another.running


def test_without_an_installation_it_says_what_to_call(tmp_path: Path) -> None:
    with pytest.raises(NotInstalled, match="install"):
        LocalAws(tmp_path).start()


def test_what_only_a_running_one_knows_is_refused_before(tmp_path: Path) -> None:
    with pytest.raises(NotRunning):
        _ = LocalAws(tmp_path).endpoint
    with pytest.raises(NotRunning):
        _ = LocalAws(tmp_path, port=1).instance


def test_accounts_and_regions_are_apart(local_aws: LocalAws) -> None:
    here, elsewhere = fresh_account(local_aws), fresh_account(local_aws)
    there = AwsAccount(id=here.id, region="us-east-1", local_aws=local_aws)
    here.client("ssm").put_parameter(Name="/mine", Value="1", Type="String")

    assert here.client("sts").get_caller_identity()["Account"] == here.id
    assert here.client("ssm").describe_parameters()["Parameters"]
    assert not elsewhere.client("ssm").describe_parameters()["Parameters"]
    assert not there.client("ssm").describe_parameters()["Parameters"]


def test_an_unknown_key_is_refused_as_on_aws(local_aws: LocalAws) -> None:
    cloudformation = boto3.client(
        "cloudformation",
        endpoint_url=local_aws.endpoint,
        region_name="eu-west-1",
        aws_access_key_id="AKIAIOSFODNN7EXAMPLE",
        aws_secret_access_key="wrong",
    )

    with pytest.raises(ClientError) as refused:
        cloudformation.describe_stacks()

    assert refused.value.response["Error"]["Code"] == "InvalidClientTokenId"


def test_a_client_environment_reaches_the_account(aws_account: AwsAccount) -> None:
    asked = subprocess.run(
        [sys.executable, "-c", ASK_FOR_ACCOUNT],
        env={"PATH": os.environ["PATH"], **aws_account.environment()},
        capture_output=True,
        text=True,
        check=True,
    )

    assert asked.stdout.strip() == aws_account.id
