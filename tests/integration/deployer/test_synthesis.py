"""An assembly is made inside the sandbox, by this Python, without a credential in sight."""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest

from services.builder.adapters.deployer.prepared import prepare_assembly
from services.builder.adapters.frameworks.known import find_application
from services.builder.adapters.frameworks.port import SynthesisRequest
from services.builder.adapters.frameworks.synthesis import (
    NotSynthesised,
    ParametersNotSet,
    Synthesis,
    begin_synthesis,
)
from services.builder.adapters.isolation.preparation import prepare
from services.builder.domain.assembly.reach import Reach
from tests.support.assemblies import reach_of, synthesised
from tests.support.deploying import Environment
from tests.support.git import folder_of_files
from tests.support.sandboxes import Boxed, boxed

DEMO = Path(__file__).parents[3] / "deploy" / "demo"


@pytest.fixture
def box(tmp_path: Path) -> Boxed:
    folder = tmp_path / "run"
    folder.mkdir()
    return boxed(prepare(hidden=[]), folder)


def request(
    reach: Reach,
    variables: Mapping[str, str] | None = None,
    secrets: frozenset[str] = frozenset(),
) -> SynthesisRequest:
    return SynthesisRequest(
        application_id=reach.owner.application_id,
        environment_id=reach.owner.environment_id,
        account=reach.account,
        region=reach.region,
        stage=reach.stage,
        stack=min(reach.stack_names or ()),
        bucket=reach.bucket,
        variables=variables or {},
        secrets=secrets,
    )


async def run(box: Boxed, synthesis: Synthesis) -> None:
    ended = await box.sandbox.run(synthesis.command, on_output=box.keep, timeout=60)
    synthesis.finish(ended.code)


async def test_the_sandbox_makes_the_same_assembly_as_we_would(box: Boxed, tmp_path: Path) -> None:
    shutil.copytree(DEMO, box.folder / "source", dirs_exist_ok=True)
    reach = reach_of()
    synthesis = begin_synthesis(box.folder, find_application(box.folder / "source"), request(reach))

    await run(box, synthesis)

    prepare_assembly(synthesis.assembly, reach)
    ours = synthesised(DEMO, tmp_path / "ours", reach)
    for file in ours.iterdir():
        assert file.read_bytes() == (synthesis.assembly / file.name).read_bytes()
    assert b"Packed function (3 files)" in box.output


async def test_a_repository_cannot_bring_its_own_yaml_or_services(box: Boxed) -> None:
    source = box.folder / "source"
    shutil.copytree(DEMO, source, dirs_exist_ok=True)
    trap = "open('/workspace/trapped', 'w')"
    folder_of_files(source, {"yaml.py": trap, "services.py": trap, "sitecustomize.py": trap})
    synthesis = begin_synthesis(box.folder, find_application(source), request(reach_of()))

    await run(box, synthesis)

    assert not (box.folder / "trapped").exists()


async def test_missing_parameters_and_a_wrong_template_come_through(box: Boxed) -> None:
    source = box.folder / "source"
    template = {
        "Resources": {"T": {"Type": "AWS::SNS::Topic"}},
        "Parameters": {"A": {"Type": "String"}, "B": {"Type": "String", "NoEcho": True}},
    }
    folder_of_files(source, {"template.json": json.dumps(template)})
    found = find_application(source)
    with pytest.raises(ParametersNotSet):
        await run(box, begin_synthesis(box.folder, found, request(reach_of())))
    given = request(reach_of(), variables={"A": "1"}, secrets=frozenset({"B"}))
    await run(box, begin_synthesis(box.folder, found, given))
    folder_of_files(source, {"template.json": "{"})
    with pytest.raises(NotSynthesised, match=r"template\.json cannot be read"):
        await run(box, begin_synthesis(box.folder, found, request(reach_of())))


async def test_links_of_the_repository_lead_nowhere_useful(box: Boxed, tmp_path: Path) -> None:
    source = box.folder / "source"
    shutil.copytree(DEMO, source, dirs_exist_ok=True)
    (tmp_path / "host-secret").write_text("secret")
    (source / "function" / "secret.txt").symlink_to(tmp_path / "host-secret")
    synthesis = begin_synthesis(box.folder, find_application(source), request(reach_of()))

    with pytest.raises(NotSynthesised, match="link out of the repository"):
        await run(box, synthesis)


async def test_a_sam_template_is_deployed_and_expanded_by_aws(
    box: Boxed, environment: Environment
) -> None:
    source = box.folder / "source"
    folder_of_files(
        source,
        {
            "template.yaml": SAM,
            "src/index.mjs": "export const handler = async () => ({statusCode: 200});",
        },
    )
    synthesis = begin_synthesis(box.folder, find_application(source), request(environment.reach))
    await run(box, synthesis)
    prepared = prepare_assembly(synthesis.assembly, environment.reach)

    (stack,) = environment.deploy(prepared)

    assert prepared.assembly.framework == "sam"
    assert stack.outputs["Name"].startswith("shop-d")
    code = f"assets/{next(synthesis.assembly.glob('asset.*.zip')).name.split('.')[1]}.zip"
    s3 = environment.account.client("s3")
    assert s3.head_object(Bucket=environment.reach.bucket, Key=code)["ContentLength"]


SAM = """\
AWSTemplateFormatVersion: "2010-09-09"
Transform: AWS::Serverless-2016-10-31
Parameters:
  Stage: {Type: String}
Resources:
  Hello:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: src/
      Handler: index.handler
      Runtime: nodejs20.x
      Environment:
        Variables: {STAGE: !Ref Stage}
Outputs:
  Name: {Value: !Ref Hello}
"""
