"""Every row of what an assembly must not reach for, and what an honest one becomes."""

import hashlib
import json
from collections.abc import Callable

import pytest

from services.builder.domain.assembly import refusals
from services.builder.domain.assembly.check import check_assembly
from services.builder.domain.assembly.listing import Entry, Kind, Limits
from tests.support.assemblies import AssemblyBuilder, parameter, reach_of, template_of

STACK = "shop-dev"
ONE = template_of(One=parameter())


@pytest.fixture
def assembly() -> AssemblyBuilder:
    return AssemblyBuilder(reach_of()).stack(STACK, ONE, parameters={"Stage": "dev"})


def refused(assembly: AssemblyBuilder, *more: Entry, limits: Limits | None = None) -> Exception:
    """What the check says of an assembly; an assertion fails when it says nothing."""
    with pytest.raises(refusals.Refusal) as found:
        check_assembly(assembly.listing(*more), assembly.reach, limits or Limits())
    assert found.value.reached_for
    assert found.value.remedy.endswith(".")
    return found.value


def properties(assembly: AssemblyBuilder) -> dict[str, str]:
    of_stack: dict[str, str] = assembly.artifacts[STACK]["properties"]
    return of_stack


def test_an_honest_assembly_keeps_its_order_parameters_and_assets(
    assembly: AssemblyBuilder,
) -> None:
    assembly.reach = reach_of(stacks=(STACK, "shop-data"), owner=assembly.reach.owner)
    assembly.stack("shop-data", ONE)
    destination = assembly.asset(b"code")

    checked = check_assembly(assembly.listing(), assembly.reach)

    assert checked.names == (STACK, "shop-data")
    assert checked.stacks[0].parameters == {"Stage": "dev"}
    assert [asset.key for asset in checked.stacks[0].assets] == [destination["objectKey"]]
    assert (checked.framework, checked.framework_version) == ("cloudformation", "2010-09-09")


def test_the_stack_of_another_project_is_refused(assembly: AssemblyBuilder) -> None:
    properties(assembly)["stackName"] = "payroll-production"

    assert isinstance(refused(assembly), refusals.NotItsStack)


def test_another_bucket_is_refused(assembly: AssemblyBuilder) -> None:
    assembly.asset(b"code")["bucketName"] = "somebody-elses"

    assert isinstance(refused(assembly), refusals.NotItsBucket)


def test_a_key_that_is_not_the_digest_of_the_content_is_refused(assembly: AssemblyBuilder) -> None:
    assembly.asset(b"code")["objectKey"] = "assets/" + "0" * 64 + ".zip"

    assert isinstance(refused(assembly), refusals.NotItsKey)


def test_another_region_of_an_upload_is_refused(assembly: AssemblyBuilder) -> None:
    assembly.asset(b"code")["region"] = "us-east-1"

    assert isinstance(refused(assembly), refusals.NotItsPlace)


@pytest.mark.parametrize("role", ["assumeRoleArn", "cloudFormationExecutionRoleArn"])
def test_a_role_that_is_not_ours_is_refused(assembly: AssemblyBuilder, role: str) -> None:
    properties(assembly)[role] = "arn:aws:iam::111122223333:role/admin"

    assert isinstance(refused(assembly), refusals.NotItsRole)


def test_a_role_for_an_upload_is_refused(assembly: AssemblyBuilder) -> None:
    assembly.asset(b"code")["assumeRoleArn"] = "arn:aws:iam::111122223333:role/admin"

    assert isinstance(refused(assembly), refusals.NotItsRole)


@pytest.mark.parametrize(
    "place", ["aws://999999999999/eu-west-1", "aws://111122223333/us-east-1", None, "aws://unknown"]
)
def test_another_account_or_region_is_refused(assembly: AssemblyBuilder, place: str | None) -> None:
    assembly.artifacts[STACK]["environment"] = place

    found = refused(assembly)

    assert isinstance(found, refusals.StackElsewhere)
    assert str(place) in found.reached_for
    assert "CDK_DEFAULT_ACCOUNT" in found.remedy


@pytest.mark.parametrize("what", ["application", "environment", "account", "region", "stage"])
def test_an_assembly_that_was_made_for_elsewhere_is_refused(
    assembly: AssemblyBuilder, what: str
) -> None:
    assembly.release["target"][what] = "elsewhere"

    assert isinstance(refused(assembly), refusals.NotItsPlace)


@pytest.mark.parametrize(
    "path", ["/etc/passwd", "../outside.json", "a/../../outside", "a\\..\\b", "..", "a\0b"]
)
def test_a_path_that_leads_out_is_refused_wherever_it_stands(
    assembly: AssemblyBuilder, path: str
) -> None:
    template, source = properties(assembly)["templateFile"], {"path": path, "packaging": "file"}
    properties(assembly)["templateFile"] = path
    assert isinstance(refused(assembly), refusals.PathOutside)

    properties(assembly)["templateFile"] = template
    assembly.asset(b"code")
    next(iter(assembly.assets["files"].values()))["source"] = source
    assert isinstance(refused(assembly), refusals.PathOutside)

    assembly.release["files"] = {path: "0" * 64}
    assert isinstance(refused(assembly), refusals.PathOutside)


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        (Entry(path="x", kind=Kind.LINK), "symbolic link"),
        (Entry(path="x", kind=Kind.OTHER), "device"),
        (Entry(path="x", kind=Kind.FILE, links=2, sha256="0" * 64), "hard link"),
    ],
)
def test_what_is_no_plain_file_is_refused(
    assembly: AssemblyBuilder, entry: Entry, said: str
) -> None:
    refusal = refused(assembly, entry)

    assert isinstance(refusal, refusals.NotAPlainFile)
    assert said in str(refusal)


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        (Limits(files=2), "files"),
        (Limits(file_bytes=100), "MiB"),
        (Limits(total_bytes=100), "MiB"),
        (Limits(template_bytes=20), "bytes"),
        (Limits(resources=0), "resources"),
        (Limits(stacks=0), "stacks"),
    ],
)
def test_more_than_an_assembly_may_hold_is_refused(
    assembly: AssemblyBuilder, limits: Limits, said: str
) -> None:
    refusal = refused(assembly, limits=limits)

    assert isinstance(refusal, refusals.TooMuch)
    assert said in str(refusal)


def test_the_limits_of_cloudformation_hold() -> None:
    many = {f"R{n}": {"Type": "AWS::SNS::Topic"} for n in range(501)}
    large = template_of(One=parameter("v" * 1_000_000))

    assert "501 resources" in str(
        refused(AssemblyBuilder(reach_of()).stack(STACK, template_of(**many)))
    )
    assert "1,000,0" in str(refused(AssemblyBuilder(reach_of()).stack(STACK, large)))


def test_the_limits_hold_for_nested_templates(assembly: AssemblyBuilder) -> None:
    many = template_of(**{f"R{n}": {"Type": "AWS::SNS::Topic"} for n in range(501)})
    assembly.asset(json.dumps(many).encode(), "template.json")
    for asset in assembly.assets["files"].values():
        to = asset["destinations"]["here"]
        to["objectKey"] = to["objectKey"].replace(".template.json", ".json")

    assert isinstance(refused(assembly), refusals.TooMuch)


def test_an_unknown_kind_of_artifact_is_refused(assembly: AssemblyBuilder) -> None:
    assembly.artifacts["more"] = {"type": "cdk:cloud-assembly", "properties": {}}

    assert isinstance(refused(assembly), refusals.UnknownKind)


@pytest.mark.parametrize(
    "source", [{"executable": ["sh", "-c", "id"]}, {"path": "manifest.json", "packaging": "zip"}]
)
def test_an_asset_that_a_program_would_make_is_refused(
    assembly: AssemblyBuilder, source: dict[str, object]
) -> None:
    assembly.asset(b"code")
    next(iter(assembly.assets["files"].values()))["source"] = source

    assert isinstance(refused(assembly), refusals.UnknownKind)


def test_an_image_is_refused(assembly: AssemblyBuilder) -> None:
    assembly.assets["dockerImages"] = {"abc": {}}

    assert isinstance(refused(assembly), refusals.ImageAsset)


def test_missing_lookups_are_refused(assembly: AssemblyBuilder) -> None:
    assembly.manifest["missing"] = [{"key": "vpc"}]

    assert isinstance(refused(assembly), refusals.LookupMissing)


def altered(assembly: AssemblyBuilder) -> None:
    assembly.release["files"] = dict.fromkeys(assembly.contents(), "0" * 64)


def added(assembly: AssemblyBuilder) -> None:
    assembly.release["files"] = {}


def gone(assembly: AssemblyBuilder) -> None:
    properties(assembly)["templateFile"] = "not-there.json"


@pytest.mark.parametrize("change", [altered, added, gone])
def test_a_file_that_is_not_the_one_that_was_written_is_refused(
    assembly: AssemblyBuilder, change: Callable[[AssemblyBuilder], None]
) -> None:
    change(assembly)

    assert isinstance(refused(assembly), refusals.Altered)


def test_a_secret_fills_only_what_cloudformation_hides() -> None:
    for hidden in (False, True):
        template = ONE | {"Parameters": {"Key": {"Type": "String", "NoEcho": hidden}}}
        builder = AssemblyBuilder(reach_of()).stack(STACK, template, secrets={"Key": "KEY"})
        if hidden:
            assert check_assembly(builder.listing(), builder.reach).secret_names == {"KEY"}
        else:
            assert isinstance(refused(builder), refusals.SecretInTheOpen)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("manifest.json", "no json"),
        ("manifest.json", "[]"),
        ("manifest.json", '{"version": 1, "artifacts": {}}'),
        ("manifest.json", "[" * 100_000),
        ("release.json", '{"version": 2}'),
        ("release.json", "{}"),
        (f"{STACK}.template.json", "{}"),
        (f"{STACK}.template.json", '{"Resources": []}'),
        ("assets.json", '{"version": "1", "files": []}'),
    ],
)
def test_a_document_that_does_not_read_as_one_is_refused(
    assembly: AssemblyBuilder, path: str, text: str
) -> None:
    honest = assembly.contents

    def contents() -> dict[str, bytes]:
        if path != "release.json":
            assembly.files[path] = text.encode()
            assembly.release["files"] = digests(honest() | {path: text.encode()})
        return honest() | {path: text.encode()}

    assembly.contents = contents  # type: ignore[method-assign]  # a liar's builder

    assert isinstance(refused(assembly), refusals.Malformed)


def test_stacks_that_only_one_document_names_are_refused(assembly: AssemblyBuilder) -> None:
    assembly.release["stacks"].append({"name": "other"})
    assert isinstance(refused(assembly), refusals.Malformed)


def test_two_stacks_of_one_name_are_refused(assembly: AssemblyBuilder) -> None:
    assembly.artifacts["twin"] = assembly.artifacts[STACK]
    assert isinstance(refused(assembly), refusals.Malformed)


def digests(files: dict[str, bytes]) -> dict[str, str]:
    return {
        path: hashlib.sha256(content).hexdigest()
        for path, content in files.items()
        if path != "release.json"
    }
