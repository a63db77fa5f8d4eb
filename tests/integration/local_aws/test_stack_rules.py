"""The local AWS keeps those rules of CloudFormation that MiniStack alone does not."""

import json
from collections.abc import Iterator

import pytest
from botocore.exceptions import ClientError

from cli.local_aws import LocalAws
from tests.support.aws import INSTALLATION, AwsAccount, fresh_account
from tests.support.stacks import Stack
from tests.support.waiting import until

STEP_SECONDS = 0.3
BUCKET = json.dumps(
    {
        "Resources": {
            "Files": {
                "Type": "AWS::S3::Bucket",
                "Properties": {"Tags": [{"Key": "colour", "Value": "green"}]},
            }
        },
        "Outputs": {"Bucket": {"Value": {"Ref": "Files"}}},
    }
)


@pytest.fixture(scope="module")
def slow_aws(local_aws: LocalAws, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAws]:
    """A local AWS whose stacks can be caught in progress."""
    assert local_aws.running  # which installed it
    folder = tmp_path_factory.mktemp("slow-aws")
    aws = LocalAws(folder, installation=INSTALLATION, step_seconds=STEP_SECONDS)
    aws.start()
    yield aws
    aws.stop()


@pytest.fixture
def slow_account(slow_aws: LocalAws) -> AwsAccount:
    return fresh_account(slow_aws)


def test_a_bucket_carries_the_tags_of_template_and_stack(aws_account: AwsAccount) -> None:
    stack = Stack(aws_account)
    stack.deploy(BUCKET)

    tagging = aws_account.client("s3").get_bucket_tagging(Bucket=stack.outputs()["Bucket"])

    tags = {tag["Key"]: tag["Value"] for tag in tagging["TagSet"]}
    assert tags["colour"] == "green"
    assert tags["aws:cloudformation:stack-name"] == stack.name


def test_a_filled_bucket_keeps_its_stack_from_being_deleted(aws_account: AwsAccount) -> None:
    stack, s3 = Stack(aws_account), aws_account.client("s3")
    stack.deploy(BUCKET)
    bucket = stack.outputs()["Bucket"]
    s3.put_object(Bucket=bucket, Key="a", Body=b"a")

    stack.delete()

    assert stack.settled() == "DELETE_FAILED"
    assert s3.get_object(Bucket=bucket, Key="a")["Body"].read() == b"a"
    s3.delete_object(Bucket=bucket, Key="a")
    stack.delete()
    assert stack.settled() == "DELETE_COMPLETE"


def test_an_update_tells_only_of_what_it_changes(aws_account: AwsAccount) -> None:
    stack = Stack(aws_account)
    stack.deploy(_parameters(One="1", Two="2"))
    before = len(stack.events())

    stack.deploy(_parameters(One="1", Two="changed"))

    told = [(e["LogicalResourceId"], e["ResourceStatus"]) for e in stack.events()[before:]]
    of_resources = [event for event in told if event[0] != stack.name]
    assert of_resources == [("Two", "UPDATE_IN_PROGRESS"), ("Two", "UPDATE_COMPLETE")]


def test_a_failing_update_still_tells_of_its_failure_and_rolls_back(
    aws_account: AwsAccount,
) -> None:
    stack = Stack(aws_account)
    stack.deploy(_queue(timeout=30))

    assert stack.deploy(_queue(timeout=999999)) == "UPDATE_ROLLBACK_COMPLETE"

    failed = [e for e in stack.events() if e["ResourceStatus"] == "UPDATE_FAILED"]
    assert [event["LogicalResourceId"] for event in failed] == ["Queue"]
    assert failed[0]["ResourceStatusReason"]


def test_a_step_takes_the_time_that_was_asked_for(slow_account: AwsAccount) -> None:
    stack = Stack(slow_account)
    stack.begin(_parameters(One="1", Two="2"))

    assert until(lambda: _told(stack, "One", "CREATE_COMPLETE"))
    assert stack.status() == "CREATE_IN_PROGRESS"
    assert stack.settled() == "CREATE_COMPLETE"
    begun, done = (
        next(e["Timestamp"] for e in stack.events() if e["ResourceStatus"] == status)
        for status in ("CREATE_IN_PROGRESS", "CREATE_COMPLETE")
    )
    assert (done - begun).total_seconds() >= STEP_SECONDS


def test_a_stack_in_progress_takes_no_second_change(slow_account: AwsAccount) -> None:
    stack = Stack(slow_account)
    stack.begin(_parameters(One="1"))

    with pytest.raises(ClientError, match="CREATE_IN_PROGRESS state and can not be updated"):
        stack.cloudformation.create_change_set(
            StackName=stack.name, ChangeSetName="second", TemplateBody=_parameters(One="2")
        )

    assert stack.settled() == "CREATE_COMPLETE"


def test_an_update_in_progress_cannot_be_deleted(slow_account: AwsAccount) -> None:
    stack = Stack(slow_account)
    stack.deploy(_parameters(One="1"))
    stack.begin(_parameters(One="2"))

    with pytest.raises(ClientError, match="UPDATE_IN_PROGRESS state and can not be deleted"):
        stack.delete()

    assert stack.settled() == "UPDATE_COMPLETE"


def test_deleting_a_stack_in_mid_create_leaves_nothing(slow_account: AwsAccount) -> None:
    stack = Stack(slow_account)
    stack.begin(_parameters(One="1", Two="2", Three="3", Four="4"))
    until(lambda: _told(stack, "One", "CREATE_COMPLETE"))

    stack.delete()

    until(lambda: stack.status() == "DELETE_COMPLETE")
    assert not _told(stack, "Four", "CREATE_COMPLETE")
    assert slow_account.client("ssm").describe_parameters()["Parameters"] == []


def _told(stack: Stack, logical_id: str, status: str) -> bool:
    return any(
        (event["LogicalResourceId"], event["ResourceStatus"]) == (logical_id, status)
        for event in stack.events()
    )


def _parameters(**values: str) -> str:
    """A template that makes one SSM parameter for each value, one after the other."""
    resources: dict[str, object] = {}
    before: list[str] = []
    for name, value in values.items():
        properties = {"Type": "String", "Name": f"/{name}", "Value": value}
        resources[name] = {
            "Type": "AWS::SSM::Parameter", "Properties": properties, "DependsOn": list(before),
        }  # fmt: skip
        before = [name]
    return json.dumps({"Resources": resources})


def _queue(timeout: int) -> str:
    queue = {"Type": "AWS::SQS::Queue", "Properties": {"VisibilityTimeout": timeout}}
    return json.dumps({"Resources": {"Queue": queue}})
