"""A secret reaches the application and nothing else: no log, no view, no file in the clear."""

import base64
import json
from pathlib import Path

import pytest
from pydantic import SecretStr

from cli.demo.stage import Stage
from tests.support.assemblies import parameter, template_of
from tests.support.aws import AwsAccount
from tests.support.git import folder_of_files
from tests.support.stack import REGION, whole_trellis
from trellis_contracts.settings import SettingsChange
from trellis_contracts.views import DeploymentState, DeploymentView

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]

HALVES = ("canary-secret", "-77e0d1-of-nobody")
CANARY = "".join(HALVES)
TAKING = {
    "template.json": json.dumps(
        {
            **template_of(Kept=parameter(value="to be replaced", name="/shop/kept")),
            "Parameters": {"Key": {"Type": "String", "NoEcho": True}},
        }
    ).replace('"to be replaced"', '{"Ref": "Key"}'),
    "package.json": json.dumps(
        {"name": "x", "scripts": {"test": f"printf 'told: %s%s.\\n' {' '.join(HALVES)}"}}
    ),
}
"""Its test prints the value as a careless developer does; no file of it holds the value whole."""


async def deployed(stage: Stage) -> DeploymentView:
    decision = await stage.api.deploy(stage.at("development"))
    view = await stage.follow(decision)
    assert view.state is DeploymentState.SUCCEEDED, view.failure
    return view


def kept_in_cloud(stage: Stage) -> str:
    assert stage.up.local_aws
    number = stage.accounts["development"]
    account = AwsAccount(id=number, region=REGION, local_aws=stage.up.local_aws)
    return account.client("ssm").get_parameter(Name="/shop/kept")["Parameter"]["Value"]


def files_that_hold(value: str, folder: Path) -> list[Path]:
    """The files with the value in them, as it is, in hex or in base64."""
    plain = value.encode()
    forms = (plain, plain.hex().encode(), base64.b64encode(plain).rstrip(b"="))
    files = [path for path in folder.rglob("*") if path.is_file()]
    return [path for path in files if any(form in path.read_bytes() for form in forms)]


async def test_a_secret_is_in_the_application_and_nowhere_in_the_clear(tmp_path: Path) -> None:
    async with whole_trellis(tmp_path) as stage:
        await stage.connect(folder_of_files(tmp_path / "source", TAKING))
        at = stage.at("development")
        await stage.api.configure(at, SettingsChange(tests=True))
        await stage.api.set_secret(at, "Key", SecretStr(CANARY))
        view = await deployed(stage)

        assert kept_in_cloud(stage) == CANARY
        assert view.secrets == ("Key",)
        page = await stage.api.lines(view.runs[0].run_id)
        assert "told: ***." in [line.text.strip() for line in page.lines]
        told = (page, view, await stage.application())
        assert CANARY not in "".join(one.model_dump_json() for one in told)
        assert files_that_hold(CANARY, tmp_path) == []
    assert files_that_hold("told: ***.", tmp_path)  # what is kept can be found
    assert files_that_hold(CANARY, tmp_path) == []
