"""What CDK and SST synthesise becomes an assembly of ours: in order, under our own keys."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from services.builder.adapters.deployer.prepared import prepare_assembly
from services.builder.adapters.frameworks.synthesiser.cloud_assembly import read_stacks
from services.builder.adapters.frameworks.synthesiser.problems import (
    LookupsMissing,
    NotPossible,
    ParametersMissing,
)
from services.builder.adapters.frameworks.synthesiser.rewriting import rewrite
from services.builder.adapters.frameworks.synthesiser.stages import without_stages
from services.builder.adapters.frameworks.synthesiser.writing import Framework
from services.builder.domain.assembly.checked import CheckedAssembly
from services.builder.domain.assembly.reach import Reach
from services.builder.domain.assembly.refusals import (
    ImageAsset,
    NotItsRole,
    NotItsStack,
    Refusal,
    StackElsewhere,
    TagOfOurs,
)
from tests.support.assemblies import parameter, reach_of, template_of

BUCKET = "cdk-hnb659fds-assets-${AWS::AccountId}-${AWS::Region}"
HASH, NESTED = "a" * 64, "b" * 64
PLACE = "${AWS::AccountId}-${AWS::Region}"
OURS = f"arn:${{AWS::Partition}}:iam::${{AWS::AccountId}}:role/cdk-hnb659fds-deploy-role-{PLACE}"
BOOTSTRAP = {
    "Type": "AWS::SSM::Parameter::Value<String>",
    "Default": "/cdk-bootstrap/hnb659fds/version",
}


def function(bucket: str = BUCKET, key: str = f"{HASH}.zip") -> dict[str, Any]:
    code = {"S3Bucket": {"Fn::Sub": bucket}, "S3Key": key}
    return {"Type": "AWS::Lambda::Function", "Properties": {"Code": code}}


@dataclass
class CloudAssembly:
    """A framework's cloud assembly, written by hand as CDK writes it."""

    folder: Path
    artifacts: dict[str, Any] = field(default_factory=dict)
    missing: list[Any] = field(default_factory=list)

    def stack(
        self,
        name: str,
        template: Mapping[str, Any],
        *,
        needs: tuple[str, ...] = (),
        place: str = "aws://unknown-account/unknown-region",
        files: Mapping[str, tuple[str, str]] | None = None,
        images: tuple[str, ...] = (),
        **properties: Any,  # noqa: ANN401 - as CDK names them
    ) -> "CloudAssembly":
        """`files` gives for each hash the path and how it is packed."""
        self.folder.mkdir(parents=True, exist_ok=True)
        full = {
            "Parameters": {"BootstrapVersion": BOOTSTRAP},
            "Rules": {"CheckBootstrapVersion": {}},
        }
        self._write(f"{name}.template.json", {**template, **full} | self._parameters(template))
        listed = {
            hash_: {
                "source": {"path": path, "packaging": packaging},
                "destinations": {
                    "here": {
                        "bucketName": BUCKET,
                        "objectKey": f"{hash_}.{'zip' if packaging == 'zip' else 'json'}",
                        "assumeRoleArn": OURS,
                    }
                },
            }
            for hash_, (path, packaging) in (files or {}).items()
        }
        self._write(
            f"{name}.assets.json",
            {"files": listed, "dockerImages": {image: {} for image in images}},
        )
        self.artifacts[f"{name}.assets"] = {
            "type": "cdk:asset-manifest",
            "properties": {"file": f"{name}.assets.json"},
        }
        self.artifacts[name] = {
            "type": "aws:cloudformation:stack",
            "environment": place,
            "properties": {
                "templateFile": f"{name}.template.json",
                "assumeRoleArn": OURS,
                **properties,
            },
            "dependencies": [*needs, f"{name}.assets"],
        }
        return self

    def written(self) -> Path:
        self._write("manifest.json", {"artifacts": self.artifacts, "missing": self.missing})
        return self.folder

    def _parameters(self, template: Mapping[str, Any]) -> dict[str, Any]:
        own = template.get("Parameters", {})
        return {"Parameters": {"BootstrapVersion": BOOTSTRAP, **own}}

    def _write(self, name: str, content: object) -> None:
        (self.folder / name).write_text(json.dumps(content))


@pytest.fixture
def made(tmp_path: Path) -> CloudAssembly:
    return CloudAssembly(tmp_path / "cdk.out")


@pytest.fixture
def reach() -> Reach:
    return Reach(**{**_fields(reach_of()), "stack_names": None})


def _fields(reach: Reach) -> dict[str, Any]:
    names = ("owner", "account", "region", "stage", "bucket")
    return {name: getattr(reach, name) for name in names}


def taken(made: CloudAssembly, reach: Reach, **variables: str) -> CheckedAssembly:
    """Make our assembly of it, and check that as hostile."""
    assembly = made.folder.with_name("assembly")
    request = {
        "target": {
            "application": str(reach.owner.application_id),
            "environment": str(reach.owner.environment_id),
            "account": reach.account,
            "region": reach.region,
            "stage": reach.stage,
            "bucket": reach.bucket,
        },
        "variables": variables,
        "secrets": ["PASSWORD"],
    }
    stacks = read_stacks(made.written())
    rewrite(stacks, assembly, request, framework=Framework("cdk", "2"), root=made.folder.parent)
    return prepare_assembly(assembly, reach).assembly


def refused(made: CloudAssembly, reach: Reach) -> Refusal:
    with pytest.raises(Refusal) as found:
        taken(made, reach)
    return found.value


def role(
    account: str = "111122223333",
    name: str = "deploy-role",
    *,
    of: str = "111122223333",
    region: str = "eu-west-1",
) -> str:
    return f"arn:aws:iam::{account}:role/cdk-hnb659fds-{name}-{of}-{region}"


ONE = template_of(One=parameter())


def test_stacks_come_after_those_that_they_need(made: CloudAssembly, reach: Reach) -> None:
    made.stack("web", ONE, needs=("api", "data")).stack("api", ONE, needs=("data",))
    made.stack("data", ONE).stack("alone", ONE)

    stacks = {stack.name: stack for stack in taken(made, reach).stacks}

    order = list(stacks)
    assert order.index("data") < order.index("api") < order.index("web")
    assert stacks["web"].after == ("api", "data")
    assert stacks["alone"].after == ()


def test_an_asset_goes_to_our_bucket_under_the_digest_of_its_bytes(
    made: CloudAssembly, reach: Reach
) -> None:
    made.stack("api", template_of(F=function()), files={HASH: (f"asset.{HASH}", "zip")})
    (made.folder / f"asset.{HASH}").mkdir()
    (made.folder / f"asset.{HASH}" / "index.js").write_text("exports.handler = 1")

    (stack,) = taken(made, reach).stacks

    (asset,) = stack.assets
    code = json.loads(stack.template)["Resources"]["F"]["Properties"]["Code"]
    assert code == {"S3Bucket": {"Fn::Sub": reach.bucket}, "S3Key": asset.key}
    assert HASH not in stack.template
    assert "cdk-hnb659fds" not in stack.template


def test_a_nested_template_names_our_places_too(made: CloudAssembly, reach: Reach) -> None:
    url = {"Fn::Join": ["", ["https://s3/", {"Fn::Sub": BUCKET}, f"/{NESTED}.json"]]}
    nested = {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": url}}
    files = {HASH: (f"asset.{HASH}", "zip"), NESTED: ("inner.nested.template.json", "file")}
    made.stack("api", template_of(N=nested), files=files)
    (made.folder / f"asset.{HASH}").mkdir()
    (made.folder / f"asset.{HASH}" / "index.js").write_text("exports.handler = 1")
    (made.folder / "inner.nested.template.json").write_text(json.dumps(template_of(F=function())))

    (stack,) = taken(made, reach).stacks

    keys = {asset.path.rpartition(".")[2]: asset.key for asset in stack.assets}
    joined = json.loads(stack.template)["Resources"]["N"]["Properties"]["TemplateURL"]["Fn::Join"]
    assert joined[1][2] == f"/{keys['json']}"
    inner = made.folder.with_name("assembly") / f"asset.{keys['json'][7:71]}.template.json"
    assert json.loads(inner.read_text())["Resources"]["F"]["Properties"]["Code"] == {
        "S3Bucket": {"Fn::Sub": reach.bucket},
        "S3Key": keys["zip"],
    }


def test_the_question_for_cdks_bootstrap_is_left_out(made: CloudAssembly, reach: Reach) -> None:
    (stack,) = taken(made.stack("api", ONE), reach).stacks

    assert json.loads(stack.template).keys() == {"AWSTemplateFormatVersion", "Resources"}
    assert stack.parameters == {}


@pytest.mark.parametrize(
    "kind", ["deploy", "cfn-exec", "file-publishing", "image-publishing", "lookup"]
)
def test_roles_of_the_accounts_own_cdk_bootstrap_are_not_needed(
    made: CloudAssembly, reach: Reach, kind: str
) -> None:
    own = role(name=f"{kind}-role")
    made.stack("api", ONE, assumeRoleArn=own, cloudFormationExecutionRoleArn=OURS)

    assert taken(made, reach).stacks


def test_parameters_tags_and_protection_come_along(made: CloudAssembly, reach: Reach) -> None:
    declared = {
        "Size": {"Type": "String", "Default": "small"},
        "PASSWORD": {"Type": "String", "NoEcho": True},
        "Given": {"Type": "String"},
    }
    made.stack(
        "api",
        {**ONE, "Parameters": declared},
        tags={"team": "shop"},
        terminationProtection=True,
        parameters={"Given": "by CDK"},
    )

    (stack,) = taken(made, reach, Size="large").stacks

    assert stack.parameters == {"Size": "large", "Given": "by CDK"}
    assert (stack.secrets, stack.tags) == ({"PASSWORD": "PASSWORD"}, {"team": "shop"})
    assert stack.protected


def test_every_parameter_without_a_value_is_named_at_once(
    made: CloudAssembly, reach: Reach
) -> None:
    made.stack("one", {**ONE, "Parameters": {"A": {"Type": "String"}}})
    made.stack("two", {**ONE, "Parameters": {"B": {"Type": "String"}, "A": {"Type": "String"}}})

    with pytest.raises(ParametersMissing) as missing:
        taken(made, reach)

    assert sorted(missing.value.parameters) == ["A", "B"]


def test_stacks_inside_of_stages_are_found_and_ordered(made: CloudAssembly, reach: Reach) -> None:
    for stage in ("blue", "green"):
        inner = CloudAssembly(made.folder / stage).stack("api", ONE, stackName=f"{stage}-api")
        inner.written()
        made.artifacts[stage] = {
            "type": "cdk:cloud-assembly",
            "properties": {"directoryName": stage},
            "dependencies": ["blue"] if stage == "green" else [],
        }

    stacks = taken(made, reach).stacks

    assert [stack.name for stack in stacks] == ["blue-api", "green-api"]
    assert stacks[1].after == ("blue-api",)


def with_stage(made: CloudAssembly, *, needs: tuple[str, ...] = ()) -> CloudAssembly:
    """Put two stacks into a stage beside what is there."""
    inner = CloudAssembly(made.folder / "prod").stack("data", ONE, stackName="prod-data")
    inner.stack("api", ONE, needs=("data",), stackName="prod-api").written()
    properties = {"directoryName": "prod"}
    made.artifacts["prod"] = {"type": "cdk:cloud-assembly", "properties": properties}
    made.artifacts["prod"]["dependencies"] = list(needs)
    return made


def test_the_stages_beside_a_pipelines_own_stack_are_the_pipelines_to_deploy(
    made: CloudAssembly, capsys: pytest.CaptureFixture[str]
) -> None:
    stacks = without_stages(read_stacks(with_stage(made.stack("pipeline", ONE)).written()))

    assert [stack.name for stack in stacks] == ["pipeline"]
    assert "Left alone, as `cdk deploy --all` does: prod-data, prod-api." in capsys.readouterr().out


def test_a_stage_that_a_stack_outside_needs_is_deployed_with_it(made: CloudAssembly) -> None:
    made.stack("alarms", ONE, needs=("prod",))

    stacks = without_stages(read_stacks(with_stage(made).written()))

    assert [stack.name for stack in stacks] == ["prod-data", "prod-api", "alarms"]


def test_where_every_stack_is_in_a_stage_all_are_deployed(made: CloudAssembly) -> None:
    made.folder.mkdir()

    stacks = without_stages(read_stacks(with_stage(made).written()))

    assert [stack.name for stack in stacks] == ["prod-data", "prod-api"]


def test_a_question_about_the_account_is_passed_on(made: CloudAssembly) -> None:
    made.missing = [{"key": "k", "provider": "ssm", "props": {}}]

    with pytest.raises(LookupsMissing) as asked:
        read_stacks(made.stack("api", ONE).written())

    assert asked.value.lookups == tuple(made.missing)


def test_stacks_that_need_each_other_and_none_at_all_are_not_possible(
    made: CloudAssembly, tmp_path: Path
) -> None:
    made.stack("a", ONE, needs=("b",)).stack("b", ONE, needs=("a",))
    with pytest.raises(NotPossible, match="need each other"):
        read_stacks(made.written())
    empty = CloudAssembly(tmp_path / "empty")
    empty.folder.mkdir()
    with pytest.raises(NotPossible, match="no stack"):
        read_stacks(empty.written())
    with pytest.raises(NotPossible, match="No cloud assembly"):
        read_stacks(tmp_path)
    twice = CloudAssembly(tmp_path / "twice").stack("a", ONE, stackName="c")
    with pytest.raises(NotPossible, match="Two stacks are called c"):
        read_stacks(twice.stack("b", ONE, stackName="c").written())


def test_the_assets_of_the_legacy_synthesizer_are_not_asked_for_as_variables(
    made: CloudAssembly,
) -> None:
    asked = {f"AssetParameters{HASH}S3Bucket70B45D85": {"Type": "String"}}
    made.stack("api", {**ONE, "Parameters": asked})

    with pytest.raises(NotPossible, match="leave out `LegacyStackSynthesizer`"):
        read_stacks(made.written())


@pytest.mark.parametrize(
    ("of_stack", "refusal", "named"),
    [
        ({"assumeRoleArn": "arn:aws:iam::1:role/Admin"}, NotItsRole, "role/Admin"),
        ({"cloudFormationExecutionRoleArn": "arn:aws:iam::1:role/Admin"}, NotItsRole, "role/Admin"),
        ({"assumeRoleArn": role("999999999999")}, NotItsRole, "iam::999999999999"),
        ({"assumeRoleArn": role(of="999999999999")}, NotItsRole, "role-999999999999"),
        ({"assumeRoleArn": role(region="us-east-1")}, NotItsRole, "us-east-1"),
        ({"assumeRoleArn": role(name="admin-role")}, NotItsRole, "cdk-hnb659fds-admin-role"),
        ({"cloudFormationExecutionRoleArn": role() + "/x"}, NotItsRole, "eu-west-1/x"),
        ({"assumeRoleArn": "arn:aws:iam::111122223333:role/cdk-admin"}, NotItsRole, "cdk-admin"),
        ({"place": "aws://999999999999/eu-west-1"}, StackElsewhere, "999999999999"),
        ({"place": "aws://111122223333/us-east-1"}, StackElsewhere, "us-east-1"),
        ({"images": ("image-of-mine",)}, ImageAsset, "image-of-mine"),
        ({"tags": {"trellis:environment": "x"}}, TagOfOurs, "trellis:environment"),
        ({"stackName": "CDKToolkit"}, NotItsStack, "CDKToolkit"),
        ({"stackName": "trellis-bootstrap"}, NotItsStack, "trellis-bootstrap"),
    ],
)
def test_what_is_not_the_applications_is_refused_by_name(
    made: CloudAssembly,
    reach: Reach,
    *,
    of_stack: dict[str, Any],
    refusal: type[Refusal],
    named: str,
) -> None:
    found = refused(made.stack("api", ONE, **of_stack), reach)

    assert isinstance(found, refusal)
    assert named in found.reached_for


@pytest.mark.parametrize(
    ("of_stack", "helps"),
    [
        ({"place": "aws://999999999999/eu-west-1"}, "CDK_DEFAULT_ACCOUNT"),
        ({"place": "aws://111122223333/us-east-1"}, "trellis apps settings … --region"),
        ({"stackName": "CDKToolkit"}, "another name in the application"),
    ],
)
def test_a_refusal_says_what_helps(
    made: CloudAssembly, reach: Reach, *, of_stack: dict[str, Any], helps: str
) -> None:
    assert helps in refused(made.stack("api", ONE, **of_stack), reach).remedy


def test_an_asset_outside_of_the_run_is_not_taken_in(made: CloudAssembly, reach: Reach) -> None:
    (made.folder.parent.parent / "secret").mkdir(exist_ok=True)
    made.stack("api", template_of(F=function()), files={HASH: (f"asset.{HASH}", "zip")})
    (made.folder / f"asset.{HASH}").mkdir()
    (made.folder / f"asset.{HASH}" / "stolen").symlink_to("/etc/passwd")

    with pytest.raises(NotPossible, match="link out of the repository"):
        taken(made, reach)


@pytest.mark.parametrize("named", ["../outside.json", "/etc/passwd", "link.json"])
@pytest.mark.parametrize(("artifact", "part"), [("api", "templateFile"), ("api.assets", "file")])
def test_a_document_outside_of_the_assembly_is_refused_by_name(
    made: CloudAssembly, *, artifact: str, part: str, named: str
) -> None:
    made.stack("api", ONE)
    (made.folder.parent / "outside.json").write_text(json.dumps(ONE))
    (made.folder / "link.json").symlink_to("../outside.json")
    made.artifacts[artifact]["properties"][part] = named

    with pytest.raises(NotPossible, match=f"{named}, which leads out of it"):
        read_stacks(made.written())


def test_a_template_that_is_no_json_is_named(made: CloudAssembly) -> None:
    made.stack("api", ONE)
    (made.folder / "api.template.json").write_text("root:x:0:0")

    with pytest.raises(NotPossible, match=r"api\.template\.json"):
        read_stacks(made.written())


@pytest.mark.parametrize("packaging", ["zip", "file"])
def test_an_asset_that_lies_outside_of_the_run_is_refused_by_name(
    made: CloudAssembly, reach: Reach, packaging: str
) -> None:
    key = f"{HASH}.{'zip' if packaging == 'zip' else 'json'}"
    made.stack("api", template_of(F=function(key=key)), files={HASH: ("/etc/passwd", packaging)})

    with pytest.raises(NotPossible, match="/etc/passwd leads out of the repository"):
        taken(made, reach)
