"""What SST asks AWS while it builds is answered without AWS, and nothing else is."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from botocore.exceptions import ClientError

from services.builder.adapters.frameworks import synthesiser
from services.builder.adapters.frameworks.synthesiser.aws_stub import answering

ACCOUNT, BUCKET, REGION = "111122223333", "trellis-assets-111122223333-eu-west-1", "eu-west-1"
STACKS = ("CDKToolkit", "SSTBootstrap")
SHIM = Path(*synthesiser.__path__) / "aim_at_stub.cjs"
OLD_SDK = """
const https = require("https");
const body = "Action=GetCallerIdentity&Version=2011-06-15";
const options = { hostname: "sts.eu-west-1.amazonaws.com", port: 443, path: "/", method: "POST" };
const request = https.request(options, (answer) => {
  let said = "";
  answer.on("data", (chunk) => (said += chunk));
  answer.on("end", () => console.log(JSON.stringify({ status: answer.statusCode, said })));
});
request.end(body);
"""


@pytest.fixture
def address() -> Iterator[str]:
    with answering(
        account=ACCOUNT, region=REGION, bucket=BUCKET, major=7, stacks=STACKS
    ) as address:
        yield address


def asker(service: str, address: str) -> object:
    return boto3.session.Session().client(  # type: ignore[call-overload]  # a service by its name
        service,
        endpoint_url=address,
        region_name=REGION,
        aws_access_key_id="x",
        aws_secret_access_key="x",
    )


def test_it_says_who_calls_and_that_the_bootstraps_are_there(address: str) -> None:
    sts, cloudformation = asker("sts", address), asker("cloudformation", address)

    assert sts.get_caller_identity()["Account"] == ACCOUNT  # type: ignore[attr-defined]  # as above
    for name in STACKS:
        (stack,) = cloudformation.describe_stacks(StackName=name)["Stacks"]  # type: ignore[attr-defined]  # as above
        outputs = {out["OutputKey"]: out["OutputValue"] for out in stack["Outputs"]}
        assert stack["StackStatus"] == "CREATE_COMPLETE"
        assert outputs == {"BootstrapVersion": "999", "Version": "7.999", "BucketName": BUCKET}


@pytest.mark.parametrize(
    ("service", "operation", "parameters", "named"),
    [
        ("cloudformation", "list_stacks", {}, "cloudformation ListStacks"),
        ("cloudformation", "describe_stacks", {}, "cloudformation DescribeStacks of every stack"),
        ("cloudformation", "describe_stacks", {"StackName": "shop"}, "DescribeStacks of shop"),
        ("ssm", "get_parameter", {"Name": "/x"}, "ssm GetParameter"),
        ("dynamodb", "list_tables", {}, "dynamodb ListTables"),
        ("ec2", "describe_vpcs", {}, "ec2 DescribeVpcs"),
        ("s3", "list_buckets", {}, "s3 GET /"),
        ("lambda", "list_functions", {}, "lambda GET /2015-03-31/functions"),
        ("lambda", "delete_function", {"FunctionName": "f"}, "lambda DELETE /2015-03-31/functions"),
    ],
)
def test_everything_else_is_refused_by_service_and_operation_with_what_to_do(
    address: str,
    capsys: pytest.CaptureFixture[str],
    *,
    service: str,
    operation: str,
    parameters: dict[str, str],
    named: str,
) -> None:
    with pytest.raises(ClientError) as refused:
        getattr(asker(service, address), operation)(**parameters)

    said = capsys.readouterr().out
    assert named in said
    assert "cdk.context.json" in said
    assert str(refused.value.response["Error"]["Code"]).startswith(("AccessDenied", "403"))


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
def test_an_sdk_that_does_not_know_the_variable_is_sent_there_too(address: str) -> None:
    ended = subprocess.run(
        ["node", "--require", str(SHIM), "-e", OLD_SDK],
        env={"PATH": os.environ["PATH"], "AWS_ENDPOINT_URL": address},
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )

    answer = json.loads(ended.stdout)
    assert answer["status"] == 200
    assert ACCOUNT in answer["said"]
