"""A folder becomes an assembly that the check takes; the same commit, the same bytes."""

import json
import os
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from services.builder.adapters.deployer.prepared import prepare_assembly
from services.builder.adapters.frameworks.known import find_application
from services.builder.adapters.frameworks.port import FrameworkUnknown, SynthesisRequest
from services.builder.adapters.frameworks.synthesis import (
    NotSynthesised,
    ParametersNotSet,
    Synthesis,
    begin_synthesis,
)
from services.builder.adapters.frameworks.synthesiser.problems import NotPossible
from services.builder.adapters.frameworks.synthesiser.program import main
from tests.support.assemblies import reach_of, request_of, synthesised
from tests.support.git import folder_of_files

REACH = reach_of()
DEMO = Path(__file__).parents[3] / "deploy" / "demo"

FUNCTION = {"Type": "AWS::Lambda::Function", "Properties": {"Code": "./code"}}


def source_of(folder: Path, *, files: dict[str, str] | None = None, **resources: object) -> Path:
    template = json.dumps({"Resources": resources})
    return folder_of_files(
        folder / f"source-{uuid4().hex}",
        {"template.json": template, "code/index.js": "1", **(files or {})},
    )


def made(folder: Path, **resources: object) -> dict[str, Any]:
    """The template of an assembly that was made of these resources."""
    inner = {"F": {"Type": "AWS::Lambda::Function", "Properties": {"Code": "../code"}}}
    files = {"api.yaml": "a", "nested/t.json": json.dumps({"Resources": inner})}
    source = source_of(folder, files=files, **resources)
    assembly = synthesised(source, folder / uuid4().hex, REACH, template="template.json")
    prepare_assembly(assembly, REACH)
    template: dict[str, Any] = json.loads((assembly / "shop-dev.template.json").read_text())
    return template


def test_the_sample_application_passes_the_check(tmp_path: Path) -> None:
    prepared = prepare_assembly(synthesised(DEMO, tmp_path / "assembly", REACH), REACH)

    (stack,) = prepared.assembly.stacks
    assert stack.parameters["Stage"] == "dev"
    (asset,) = stack.assets
    code = json.loads(stack.template)["Resources"]["Function"]["Properties"]["Code"]
    assert code == {"S3Bucket": REACH.bucket, "S3Key": asset.key}


def test_the_same_commit_gives_the_same_bytes(tmp_path: Path) -> None:
    one, two = (synthesised(DEMO, tmp_path / name, REACH) for name in ("one", "two"))

    assert [f.name for f in sorted(one.iterdir())] == [f.name for f in sorted(two.iterdir())]
    for file in one.iterdir():
        assert file.read_bytes() == (two / file.name).read_bytes()


INCLUDE = {"Fn::Transform": {"Name": "AWS::Include", "Parameters": {"Location": "api.yaml"}}}
SCRIPT = {"Command": {"ScriptLocation": "api.yaml"}}


@pytest.mark.parametrize(
    ("kind", "properties", "at"),
    [
        ("AWS::Lambda::Function", {"Code": "code"}, "Code.S3Key"),
        ("AWS::Lambda::LayerVersion", {"Content": "code"}, "Content.S3Key"),
        ("AWS::Serverless::Function", {"CodeUri": "code"}, "CodeUri.Key"),
        ("AWS::Serverless::Function", {}, "CodeUri.Key"),
        ("AWS::Serverless::LayerVersion", {"ContentUri": "code"}, "ContentUri.Key"),
        ("AWS::Serverless::Api", {"DefinitionUri": "api.yaml"}, "DefinitionUri.Key"),
        ("AWS::ApiGateway::RestApi", {"BodyS3Location": "api.yaml"}, "BodyS3Location.Key"),
        ("AWS::AppSync::Resolver", {"CodeS3Location": "api.yaml"}, "CodeS3Location"),
        ("AWS::Glue::Job", SCRIPT, "Command.ScriptLocation"),
        ("AWS::CloudFormation::Stack", {"TemplateURL": "nested/t.json"}, "TemplateURL"),
        ("AWS::Serverless::Application", {"Location": "nested/t.json"}, "Location"),
        ("Anything", INCLUDE, "Fn::Transform.Parameters.Location"),
    ],
)
def test_what_is_local_gets_its_place_in_the_bucket(
    tmp_path: Path, kind: str, *, properties: dict[str, Any], at: str
) -> None:
    template = made(tmp_path, R={"Type": kind, "Properties": properties})

    found = template["Resources"]["R"]["Properties"]
    for key in at.split("."):
        found = found[key]
    assert "assets/" in found


def test_a_nested_template_takes_its_own_code_along(tmp_path: Path) -> None:
    nested = {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": "nested/t.json"}}
    template = made(tmp_path, N=nested)

    url = template["Resources"]["N"]["Properties"]["TemplateURL"]
    assert url.startswith(f"https://s3.eu-west-1.amazonaws.com/{REACH.bucket}/assets/")
    (kept,) = tmp_path.glob("*/asset.*.template.json")
    code = json.loads(kept.read_text())["Resources"]["F"]["Properties"]["Code"]
    assert list(kept.parent.glob(f"asset.{code['S3Key'][7:]}"))


def test_code_for_all_functions_is_packed_once(tmp_path: Path) -> None:
    source = source_of(tmp_path)
    (source / "template.json").write_text(
        json.dumps(
            {
                "Transform": "AWS::Serverless-2016-10-31",
                "Globals": {"Function": {"CodeUri": "code/"}},
                "Resources": {"A": {"Type": "AWS::Serverless::Function", "Properties": {}}},
            }
        )
    )
    assembly = synthesised(source, tmp_path / "assembly", REACH, template="template.json")

    template = json.loads((assembly / "shop-dev.template.json").read_text())
    assert template["Globals"]["Function"]["CodeUri"]["Bucket"] == REACH.bucket
    assert "CodeUri" not in template["Resources"]["A"]["Properties"]
    assert prepare_assembly(assembly, REACH).assembly.framework == "sam"


def test_what_lies_in_a_bucket_or_inline_already_stays(tmp_path: Path) -> None:
    inline = {"Type": "AWS::Lambda::Function", "Properties": {"Code": {"ZipFile": "x"}}}
    remote = {"Type": "AWS::Serverless::Function", "Properties": {"CodeUri": "s3://b/k"}}

    assert made(tmp_path, A=inline, B=remote)["Resources"] == {"A": inline, "B": remote}


@pytest.mark.parametrize(
    ("kind", "rest", "said"),
    [
        ("AWS::Lambda::Function", {"Properties": {"PackageType": "Image"}}, "image"),
        ("AWS::Lambda::Function", {"Properties": {"Code": {"ImageUri": "x"}}}, "image"),
        ("AWS::Serverless::Function", {"Metadata": {"Dockerfile": "D"}}, "image"),
        ("AWS::Serverless::Function", {"Metadata": {"BuildMethod": "esbuild"}}, "sam build"),
        ("AWS::Lambda::Function", {"Properties": {"Code": "dist"}}, "dist is not there"),
        (
            "AWS::CloudFormation::Stack",
            {"Properties": {"TemplateURL": "template.json"}},
            "nested deeper",
        ),
    ],
)
def test_what_cannot_be_made_is_said_with_a_way_out(
    tmp_path: Path, kind: str, *, rest: dict[str, object], said: str
) -> None:
    with pytest.raises(NotPossible, match=said):
        made(tmp_path, R={"Type": kind, **rest})


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("template.yaml", "Resources:\n  A:\n    Type: AWS::SNS::Topic\n"),
        ("template.json", '{"Resources": {"A": {"Type": "AWS::SNS::Topic"}}}'),
        ("cloudformation.yml", "Resources: {A: {Type: 'AWS::SNS::Topic'}}"),
    ],
)
def test_a_template_is_known_by_its_name_and_what_is_in_it(
    tmp_path: Path, name: str, text: str
) -> None:
    folder_of_files(tmp_path, {f"app/{name}": text})

    assert find_application(tmp_path, "app").file == name


@pytest.mark.parametrize("folder", ["", "linked", "not-there", ".."])
def test_what_is_no_framework_names_what_was_looked_for(tmp_path: Path, folder: str) -> None:
    source = folder_of_files(tmp_path / "source", {"template.yaml": "kind: Helm"})
    folder_of_files(tmp_path, {"template.yaml": "Resources: {A: {Type: AWS::SNS::Topic}}"})
    (source / "linked").symlink_to("..")
    (source / "cloudformation.yaml").symlink_to("../template.yaml")

    with pytest.raises(FrameworkUnknown, match=r"cloudformation\.yaml"):
        find_application(source, folder)


def begun(tmp_path: Path) -> tuple[Synthesis, Path]:
    folder_of_files(
        tmp_path / "source", {"template.json": json.dumps({"Resources": {"F": FUNCTION}})}
    )
    request = SynthesisRequest(
        application_id=uuid4(),
        environment_id=uuid4(),
        account="1" * 12,
        region="eu-west-1",
        stage="dev",
        stack="shop-dev",
        bucket="b",
    )
    synthesis = begin_synthesis(tmp_path, find_application(tmp_path / "source"), request)
    return synthesis, synthesis.assembly.parent


def test_each_synthesis_has_a_folder_that_nobody_can_have_made_before(tmp_path: Path) -> None:
    one, two = begun(tmp_path)[1], begun(tmp_path)[1]

    assert one != two
    assert one.stat().st_mode & 0o777 == 0o700


def test_missing_parameters_come_as_themselves(tmp_path: Path) -> None:
    synthesis, room = begun(tmp_path)
    (room / "result.json").write_text(
        '{"outcome": "parameters_missing", "parameters": ["A"], "no_echo": ["B"]}'
    )

    with pytest.raises(ParametersNotSet) as missing:
        synthesis.finish(1)

    assert (missing.value.parameters, missing.value.no_echo) == (("A",), ("B",))


@pytest.mark.parametrize(
    "result",
    [
        None,
        "",
        "no json",
        '{"outcome": "assembled", "more": 1}',
        '{"outcome": "other"}',
        '{"outcome": "parameters_missing", "parameters": ["`id`"], "no_echo": []}',
        '{"outcome": "not_possible", "detail": "' + "x" * 3000 + '"}',
        "[" * 60_000,
    ],
)
def test_a_result_that_is_none_is_a_failed_synthesis(tmp_path: Path, result: str | None) -> None:
    synthesis, room = begun(tmp_path)
    if result is not None:
        (room / "result.json").write_text(result)

    with pytest.raises(NotSynthesised, match="left no result"):
        synthesis.finish(0)


def test_a_result_is_not_read_through_a_link_or_a_pipe(tmp_path: Path) -> None:
    synthesis, room = begun(tmp_path)
    (tmp_path / "elsewhere").write_text('{"outcome": "assembled"}')
    (room / "result.json").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(NotSynthesised):
        synthesis.finish(0)
    (room / "result.json").unlink()
    os.mkfifo(room / "result.json")
    with pytest.raises(NotSynthesised):
        synthesis.finish(0)


def test_an_exit_code_that_says_otherwise_wins(tmp_path: Path) -> None:
    synthesis, room = begun(tmp_path)
    (room / "result.json").write_text('{"outcome": "assembled"}')
    synthesis.finish(0)

    with pytest.raises(NotSynthesised, match="137"):
        synthesis.finish(137)


@pytest.mark.parametrize(
    ("parameters", "outcome"),
    [
        ({}, "assembled"),
        ({"A": {"Type": "String"}}, "parameters_missing"),
        (["A"], "not_possible"),
    ],
)
def test_the_program_says_in_its_result_what_came_of_it(
    tmp_path: Path, parameters: object, outcome: str
) -> None:
    source = source_of(tmp_path)
    template = {"Resources": {"F": FUNCTION}, "Parameters": parameters}
    (source / "template.json").write_text(json.dumps(template))
    room = tmp_path / "room"
    room.mkdir()
    (room / "request.json").write_text(json.dumps(request_of(source, REACH, "template.json")))

    code = main([str(room)])

    assert json.loads((room / "result.json").read_text())["outcome"] == outcome
    assert (code == 0) == (outcome == "assembled")
