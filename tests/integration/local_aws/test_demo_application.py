"""The sample application really runs on the local AWS, under each credential rule of AWS."""

import hashlib
import io
import subprocess
import zipfile
from pathlib import Path

import httpx

from cli.local_aws import LocalAws
from tests.support.aws import INSTALLATION, AwsAccount
from tests.support.listeners import processes_of_group
from tests.support.stacks import Stack
from tests.support.waiting import until

DEMO = Path(__file__).parents[3] / "deploy" / "demo"


def test_the_demo_application_passes_its_own_tests() -> None:
    ran = subprocess.run(["npm", "test"], cwd=DEMO, capture_output=True, text=True, check=False)

    assert ran.returncode == 0, ran.stdout


def test_the_demo_application_answers_on_its_deployed_url(aws_account: AwsAccount) -> None:
    stack = Stack(aws_account, "shop-development")
    template = _with_uploaded_code(aws_account, version=1)

    assert stack.deploy(template, {"Stage": "development"}) == "CREATE_COMPLETE"

    url = stack.outputs()["ApiUrl"]
    assert url.startswith(f"{aws_account.endpoint}/_aws/execute-api/")
    assert _visit(url) == {
        "version": 1, "stage": "development", "visits": 1, "greeting": "Hello from Trellis",
    }  # fmt: skip
    assert _visit(url)["visits"] == 2


def test_a_second_version_keeps_url_and_visits(aws_account: AwsAccount) -> None:
    stack = Stack(aws_account, "shop-staging")
    stack.deploy(_with_uploaded_code(aws_account, version=1), {"Stage": "staging"})
    url = stack.outputs()["ApiUrl"]
    _visit(url)

    second = _with_uploaded_code(aws_account, version=2)
    status = stack.deploy(second, {"Stage": "staging", "Greeting": "Good day"})

    assert status == "UPDATE_COMPLETE"
    assert stack.outputs()["ApiUrl"] == url
    assert _visit(url) == {"version": 2, "stage": "staging", "visits": 2, "greeting": "Good day"}


def test_a_removed_application_no_longer_answers(aws_account: AwsAccount) -> None:
    stack = Stack(aws_account, "shop-production")
    stack.deploy(_with_uploaded_code(aws_account, version=1), {"Stage": "production"})
    url = stack.outputs()["ApiUrl"]
    _visit(url)

    stack.delete()

    assert stack.settled() == "DELETE_COMPLETE"
    assert httpx.get(url).is_error


def test_a_running_function_ends_with_the_local_aws(
    aws_account: AwsAccount, tmp_path: Path
) -> None:
    aws = LocalAws(tmp_path / "aws", installation=INSTALLATION)
    aws.start()
    account = AwsAccount(id=aws_account.id, region=aws_account.region, local_aws=aws)
    stack = Stack(account)
    stack.deploy(_with_uploaded_code(account, version=1), {"Stage": "development"})
    _visit(stack.outputs()["ApiUrl"])
    group = aws.process_group
    assert len(processes_of_group(group)) > 1  # the server and the function

    aws.stop()

    assert until(lambda: not processes_of_group(group))


def _visit(url: str) -> dict[str, object]:
    answer = httpx.get(url, timeout=20)
    assert answer.status_code == httpx.codes.OK, answer.text
    visit: dict[str, object] = answer.json()
    return visit


def _with_uploaded_code(account: AwsAccount, version: int) -> str:
    code = _zipped_function(version)
    bucket, key = f"code-v{version}-{account.id}", f"{hashlib.sha256(code).hexdigest()}.zip"
    s3 = account.client("s3")
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_object(Bucket=bucket, Key=key, Body=code)
    local, uploaded = "Code: ./function", f"Code: {{S3Bucket: {bucket}, S3Key: {key}}}"
    template = (DEMO / "template.yaml").read_text()
    assert local in template
    return template.replace(local, uploaded)


def _zipped_function(version: int) -> bytes:
    files = {file.name: file.read_text() for file in (DEMO / "function").iterdir()}
    files["version.mjs"] = files["version.mjs"].replace("version = 1", f"version = {version}")
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as code:
        for name, content in sorted(files.items()):
            code.writestr(zipfile.ZipInfo(name), content)
    return archive.getvalue()
