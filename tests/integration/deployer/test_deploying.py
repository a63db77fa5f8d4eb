"""Stacks are created, changed, left alone and put back, on a local AWS."""

import hashlib
import json
import re
import shutil
from base64 import b64encode
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from botocore.stub import Stubber
from pydantic import SecretStr

from services.builder.adapters.artifacts import open_artifacts
from services.builder.adapters.deployer import one_stack
from services.builder.adapters.deployer.access import Access, AwsCredentials
from services.builder.adapters.deployer.changes import Change, ChangeSet
from services.builder.adapters.deployer.changes import propose as propose_really
from services.builder.adapters.deployer.errors import StackFailed
from services.builder.adapters.deployer.prepared import Prepared, prepare_assembly
from services.builder.adapters.deployer.uploads import Uploads
from services.builder.adapters.deployer.watch import Watch
from tests.support.assemblies import (
    AssemblyBuilder,
    broken_queue,
    parameter,
    synthesised,
    template_of,
)
from tests.support.deploying import STACK, Environment
from tests.support.git import folder_of_files

DEMO = Path(__file__).parents[3] / "deploy" / "demo"


EXPORT = {"Outputs": {"Name": {"Value": "shared", "Export": {"Name": "shop:n"}}}}
NESTED = {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": "inner.json"}}


def made(environment: Environment, source: Path, name: str) -> Prepared:
    """The ready assembly of a folder with a template.json; its stack is the only one allowed."""
    reach = replace(environment.reach, stack_names=frozenset({STACK}))
    assembly = synthesised(source, environment.folder / name, reach, template="template.json")
    return prepare_assembly(assembly, reach)


def demo(environment: Environment, version: int) -> Prepared:
    """The sample application, in a version."""
    source = environment.folder / f"source-{version}"
    shutil.copytree(DEMO, source)
    (source / "function/version.mjs").write_text(f"export const version = {version};\n")
    assembly = environment.folder / f"assembly-{version}"
    return prepare_assembly(synthesised(source, assembly, environment.reach), environment.reach)


def answered(outputs: dict[str, str]) -> int:
    """The version that the deployed application answers with."""
    with httpx.Client(trust_env=False, timeout=30) as client:
        answer = client.get(outputs["ApiUrl"]).raise_for_status()
    found = re.search(r'"version":\s*(\d+)', answer.text)
    assert found, answer.text
    return int(found[1])


def test_what_was_deployed_answers_and_a_rollback_needs_only_the_kept_artifact(
    environment: Environment,
) -> None:
    first, second = demo(environment, 1), demo(environment, 2)
    artifacts = open_artifacts(f"file://{environment.folder}/kept", environment.folder / "key")
    artifact = artifacts.keep(first.folder)

    (deployed,) = environment.deploy(first)
    assert answered(deployed.outputs) == 1
    (changed,) = environment.deploy(second)
    assert changed.stack_id == deployed.stack_id
    assert answered(changed.outputs) == 2

    empty_bucket(environment)
    shutil.rmtree(first.folder)
    artifacts.open(artifact, environment.folder / "opened")
    kept = prepare_assembly(environment.folder / "opened", environment.reach)
    (back,) = environment.deploy(kept)

    assert answered(back.outputs) == 1


def test_deploying_the_same_again_changes_nothing_and_gives_the_same_outputs(
    environment: Environment,
) -> None:
    template = template_of(One=parameter()) | {"Outputs": {"Name": {"Value": {"Ref": "One"}}}}
    first = environment.deploy(environment.of(template))
    environment.heard.clear()

    assert environment.deploy(environment.of(template)) == first
    assert environment.heard == []


def test_a_failing_first_create_names_its_resource_and_the_next_deploy_starts_anew(
    environment: Environment,
) -> None:
    with pytest.raises(StackFailed) as failed:
        environment.deploy(environment.of(template_of(One=parameter(), Bad=broken_queue())))

    assert failed.value.resource == "Bad"
    assert "VisibilityTimeout" in failed.value.reason
    assert failed.value.status == environment.status() == "ROLLBACK_COMPLETE"
    environment.deploy(environment.of(template_of(One=parameter())))
    assert environment.status() == "CREATE_COMPLETE"


def test_a_failing_update_keeps_what_ran(environment: Environment) -> None:
    environment.deploy(environment.of(template_of(One=parameter("old", "/one"))))

    with pytest.raises(StackFailed) as failed:
        environment.deploy(
            environment.of(template_of(One=parameter("new", "/one"), Bad=broken_queue()))
        )

    assert (failed.value.resource, failed.value.status) == ("Bad", "UPDATE_ROLLBACK_COMPLETE")
    assert environment.value("/one") == "old"


def test_a_template_that_aws_does_not_take_leaves_no_shell(environment: Environment) -> None:
    with pytest.raises(StackFailed) as failed:
        environment.deploy(environment.of(template_of(One={"Type": "AWS::No::Such"})))

    assert "AWS::No::Such" in failed.value.reason
    assert environment.status() == "-"


def test_a_large_template_goes_by_its_address(environment: Environment) -> None:
    many = {f"R{n}": parameter("v" * 900, f"/many/{n}") for n in range(60)}
    wanted = environment.of(template_of(**many))
    assert len(wanted.assembly.stacks[0].template) > 51_200

    environment.deploy(wanted)

    assert environment.value("/many/59") == "v" * 900


def test_a_nested_template_is_uploaded_before_it_is_planned_and_named_when_it_fails(
    environment: Environment,
) -> None:
    source = folder_of_files(
        environment.folder / "source",
        {
            "template.json": json.dumps(template_of(Inner=NESTED)),
            "inner.json": json.dumps(template_of(One=parameter("1", "/nested"))),
        },
    )
    environment.deploy(made(environment, source, "good"))
    assert environment.value("/nested") == "1"
    (source / "inner.json").write_text(json.dumps(template_of(Deep=broken_queue())))

    with pytest.raises(StackFailed) as failed:
        environment.deploy(made(environment, source, "bad"))

    assert failed.value.resource in ("Deep", "Inner")
    assert environment.status() == "UPDATE_ROLLBACK_COMPLETE"


def test_an_asset_that_is_there_is_not_sent_again(environment: Environment) -> None:
    builder = environment.builder().stack(STACK, template_of(One=parameter()))
    key = builder.asset(b"content")["objectKey"]
    wanted = environment.prepared(builder)
    environment.deploy(wanted)
    s3 = environment.account.client("s3")
    first = s3.head_object(Bucket=environment.reach.bucket, Key=key)["LastModified"]

    environment.deploy(wanted)

    assert s3.head_object(Bucket=environment.reach.bucket, Key=key)["LastModified"] == first


@pytest.mark.parametrize("left", [b"c0ntent", b"other"])
def test_an_asset_that_was_tampered_with_is_written_again(
    environment: Environment, left: bytes
) -> None:
    builder = environment.builder().stack(STACK, template_of(One=parameter()))
    key = builder.asset(b"content")["objectKey"]
    wanted = environment.prepared(builder)
    environment.deploy(wanted)
    s3 = environment.account.client("s3")
    s3.put_object(Bucket=environment.reach.bucket, Key=key, Body=left, ChecksumAlgorithm="SHA256")

    environment.deploy(wanted)

    assert s3.get_object(Bucket=environment.reach.bucket, Key=key)["Body"].read() == b"content"


def test_an_upload_that_is_not_what_its_key_says_is_refused_by_s3() -> None:
    credentials = AwsCredentials(access_key_id="1" * 12, secret_access_key=SecretStr("test"))
    access = Access(credentials, "eu-west-1", None)
    digest = hashlib.sha256(b"{}")

    with Stubber(access.s3) as s3:
        s3.add_client_error("head_object", "404")
        s3.add_response(
            "put_object",
            {},
            {
                "Bucket": "b",
                "Key": f"assets/{digest.hexdigest()}.json",
                "Body": b"{}",
                "ExpectedBucketOwner": "1" * 12,
                "ChecksumAlgorithm": "SHA256",
                "ChecksumSHA256": b64encode(digest.digest()).decode(),
            },
        )
        Uploads(access, "b", "1" * 12).put_template("{}")
        s3.assert_no_pending_responses()


def test_stacks_that_the_release_no_longer_has_are_removed(environment: Environment) -> None:
    both = two_stacks(environment.builder(), data=parameter("1", "/data"))
    before = environment.release(environment.deploy(environment.prepared(both)))
    assert environment.statuses("shop-data", STACK) == ["CREATE_COMPLETE"] * 2

    after = environment.deploy(
        environment.of(template_of(One=parameter("1", "/one"))), previous=before
    )

    assert [stack.stack for stack in after] == [STACK]
    assert environment.status("shop-data") == "-"


def test_an_earlier_stack_that_this_deploy_made_goes_when_a_later_one_fails(
    environment: Environment,
) -> None:
    bad = two_stacks(environment.builder(), data=parameter(), one=broken_queue())

    with pytest.raises(StackFailed):
        environment.deploy(environment.prepared(bad))

    assert environment.status("shop-data") == "-"


def test_progress_tells_of_every_resource_and_ends_complete(environment: Environment) -> None:
    environment.deploy(environment.of(template_of(One=parameter(), Two=parameter())))

    told = {resource.logical_id for one in environment.heard for resource in one.resources}
    last = environment.heard[-1]
    assert told == {"One", "Two"}
    assert (last.status, last.done, last.total) == ("CREATE_COMPLETE", 2, 2)


def test_only_a_stuck_rollback_is_continued(environment: Environment) -> None:
    environment.deploy(environment.of(template_of(One=parameter())))

    with pytest.raises(StackFailed, match="its rollback is not stuck"):
        environment.deployer.continue_rollback(
            STACK, environment.reach.owner, watch=environment.watch(), skip=("One",)
        )


def two_stacks(
    builder: AssemblyBuilder, *, data: dict[str, object], one: dict[str, object] | None = None
) -> AssemblyBuilder:
    builder.stack("shop-data", template_of(Data=data))
    return builder.stack(STACK, template_of(One=one or parameter("1", "/one")))


def empty_bucket(environment: Environment) -> None:
    s3, bucket = environment.account.client("s3"), environment.reach.bucket
    for found in s3.list_objects_v2(Bucket=bucket)["Contents"]:
        s3.delete_object(Bucket=bucket, Key=found["Key"])
    assert not s3.list_objects_v2(Bucket=bucket).get("Contents")


@pytest.mark.parametrize("refused", [False, True])
def test_an_export_goes_in_the_deploy_that_drops_its_importer(
    environment: Environment, monkeypatch: pytest.MonkeyPatch, *, refused: bool
) -> None:
    one = parameter() | {"Properties": {"Type": "String", "Value": {"Fn::ImportValue": "shop:n"}}}
    builder = environment.builder().stack("shop-data", template_of(Data=parameter()) | EXPORT)
    builder.stack(STACK, template_of(One=one))
    before = environment.release(environment.deploy(environment.prepared(builder)))
    after = environment.builder().stack("shop-data", template_of(Data=parameter("2", "/data")))
    exports, said = proposed(monkeypatch, refused=refused), list[str]()

    (data,) = environment.deploy(
        environment.prepared(after), previous=before, watch=Watch(say=said.append)
    )

    assert (data.stack, environment.status()) == ("shop-data", "-")
    assert exports == [True, True, False]  # in the local AWS this last one changes nothing
    assert any("keeps exports until the next deployment" in line for line in said) is refused


def proposed(monkeypatch: pytest.MonkeyPatch, *, refused: bool) -> list[bool]:
    """For each change set whether it holds an export; the first without may be refused."""
    made: list[bool] = []

    def propose(
        access: Access, change: Change, *, pause: Callable[[float], object]
    ) -> ChangeSet | None:
        made.append("Export" in str(change.template))
        if refused and not made[-1]:
            raise StackFailed(change.stack, "unchanged", "no")
        return propose_really(access, change, pause=pause)

    monkeypatch.setattr(one_stack, "propose", propose)
    return made
