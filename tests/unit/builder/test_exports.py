"""An export that others still import outlives the template that drops it, and no longer."""

import json
from pathlib import Path
from typing import Any, cast
from uuid import uuid4

import pytest

from services.builder.adapters.deployer.one_stack import Deployed, OneStack
from services.builder.adapters.deployer.prepared import Prepared
from services.builder.adapters.deployer.uploads import Uploads
from services.builder.adapters.deployer.watch import Watch
from services.builder.domain.assembly.check import check_assembly
from services.builder.domain.assembly.reach import Owner
from tests.support.assemblies import AssemblyBuilder, parameter, reach_of, template_of
from tests.support.scripted_cloud import ScriptedCloud

OWNER = Owner(uuid4(), uuid4())
KEY, NAME = "ExportsOutputRefTable", "shop:ExportsOutputRefTable"


@pytest.fixture
def cloud() -> ScriptedCloud:
    """A stack that exports its table, and is updated."""
    cloud = ScriptedCloud(OWNER, "UPDATE_COMPLETE")
    cloud.outputs = [{"OutputKey": KEY, "OutputValue": "table-1", "ExportName": NAME}]
    cloud.on["execute_change_set"] = lambda: cloud.happen("shop-dev", "UPDATE_COMPLETE")
    return cloud


def deploy(cloud: ScriptedCloud, outputs: dict[str, Any] | None = None) -> Deployed:
    template = template_of(One=parameter()) | ({"Outputs": outputs} if outputs else {})
    builder = AssemblyBuilder(reach_of(owner=OWNER)).stack("shop-dev", template)
    ready = Prepared(check_assembly(builder.listing(), builder.reach), folder=Path("/nowhere"))
    one = OneStack(cloud.access, OWNER, Watch())
    return one.deploy(ready.assembly.stacks[0], ready, cast("Uploads", None))


def outputs(cloud: ScriptedCloud) -> dict[str, Any]:
    """The outputs of the template that the last change set was made with."""
    template = json.loads(str(cloud.called("create_change_set")[-1]["TemplateBody"]))
    found: dict[str, Any] = template.get("Outputs", {})
    return found


def test_an_export_in_use_is_kept_with_its_value_until_it_is_not(cloud: ScriptedCloud) -> None:
    cloud.imports[NAME] = ["shop-web"]

    assert deploy(cloud).kept == (NAME,)
    assert outputs(cloud) == {KEY: {"Value": "table-1", "Export": {"Name": NAME}}}

    cloud.imports.clear()

    assert deploy(cloud).kept == ()
    assert outputs(cloud) == {}


def test_an_export_that_nobody_imports_goes(cloud: ScriptedCloud) -> None:
    assert deploy(cloud).kept == ()
    assert outputs(cloud) == {}


def test_an_export_that_stays_is_not_asked_about(cloud: ScriptedCloud) -> None:
    own = {KEY: {"Value": "table-2", "Export": {"Name": NAME}}}

    assert deploy(cloud, own).kept == ()

    assert outputs(cloud) == own
    assert not cloud.called("list_imports")


def test_an_export_whose_name_is_worked_out_by_aws_is_known_by_its_key(
    cloud: ScriptedCloud,
) -> None:
    own = {KEY: {"Value": "t", "Export": {"Name": {"Fn::Sub": "${AWS::StackName}:x"}}}}

    assert deploy(cloud, own).kept == ()
    assert not cloud.called("list_imports")


def test_a_kept_export_does_not_take_the_key_of_another_output(cloud: ScriptedCloud) -> None:
    cloud.imports[NAME] = ["shop-web"]
    own = {KEY: {"Value": "something else"}}

    deploy(cloud, own)

    found = outputs(cloud)
    assert found.pop(KEY) == own[KEY]
    assert list(found.values()) == [{"Value": "table-1", "Export": {"Name": NAME}}]


def test_an_export_in_use_does_not_show_among_the_outputs(cloud: ScriptedCloud) -> None:
    assert deploy(cloud).outputs.outputs == {}
