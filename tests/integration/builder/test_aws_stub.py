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
    with answering(account=ACCOUNT, region=REGION, bucket=BUCKET, major=7) as address:
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
    for name in ("CDKToolkit", "SSTBootstrap", "a-name-of-their-own"):
        (stack,) = cloudformation.describe_stacks(StackName=name)["Stacks"]  # type: ignore[attr-defined]  # as above
        outputs = {out["OutputKey"]: out["OutputValue"] for out in stack["Outputs"]}
        assert stack["StackStatus"] == "CREATE_COMPLETE"
        assert outputs == {"BootstrapVersion": "999", "Version": "7.999", "BucketName": BUCKET}


def test_everything_else_is_refused_by_name(
    address: str, capsys: pytest.CaptureFixture[str]
) -> None:
    cloudformation = asker("cloudformation", address)

    with pytest.raises(ClientError, match="ListStacks is not answered"):
        cloudformation.list_stacks()  # type: ignore[attr-defined]  # as above

    assert "AWS was asked for ListStacks" in capsys.readouterr().out


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
