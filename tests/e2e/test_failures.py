"""Each failure through the whole product: its own event, a sentence, and who must act."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio
from pydantic import SecretStr

from cli.client.answers import AwsKeys
from cli.demo.stage import Stage
from tests.support.assemblies import broken_queue, template_of
from tests.support.git import folder_of_files
from tests.support.stack import whole_trellis
from trellis_contracts.parties import Party
from trellis_contracts.settings import SettingsChange
from trellis_contracts.views import DeploymentState, DeploymentView, FailureView

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(180),
    pytest.mark.asyncio(loop_scope="module"),
]

PARAMETER = {"Parameters": {"Motto": {"Type": "String"}}}
QUEUE = {"Type": "AWS::SQS::Queue"}
GOOD = json.dumps(template_of(Queue=QUEUE))

CASES: dict[str, tuple[dict[str, str], str, Party, str]] = {
    "unknown": ({"readme.md": "nothing"}, "FrameworkNotFound", Party.AUTHOR, "template.yaml"),
    "uninstallable": (
        {
            "template.json": GOOD,
            "package.json": '{"name": "x", "dependencies": {"left": "file:../none"}}',
            "package-lock.json": '{"name": "x", "lockfileVersion": 3, "packages": {}}',
        },
        "InstallFailed",
        Party.AUTHOR,
        "npm ci",
    ),
    "untested": (
        {"template.json": GOOD, "package.json": '{"name": "x", "scripts": {"test": "exit 3"}}'},
        "TestsFailed",
        Party.AUTHOR,
        "`npm run test` ended with 3",
    ),
    "incomplete": (
        {"template.json": json.dumps({**template_of(Queue=QUEUE), **PARAMETER})},
        "ParameterMissing",
        Party.TEAM,
        "Motto",
    ),
    "broken": (
        {"template.json": json.dumps(template_of(Broken=broken_queue()))},
        "DeployFailed",
        Party.AUTHOR,
        "Broken",
    ),
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def trellis(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    async with whole_trellis(tmp_path_factory.mktemp("trellis")) as stage:
        yield stage


async def connected(trellis: Stage, name: str, folder: Path) -> Stage:
    """Another application on the same Trellis; its development runs tests before it deploys."""
    stage = replace(trellis, name=name, repository=f"acme/{name}", created=None)
    await stage.connect(folder)
    await stage.api.configure(stage.at("development"), SettingsChange(tests=name == "untested"))
    return stage


async def failure_of(stage: Stage, *, commit: str | None = None) -> FailureView:
    decision = await stage.api.deploy(stage.at("development"), commit=commit)
    view: DeploymentView = await stage.follow(decision)
    assert view.state is DeploymentState.FAILED, view
    assert view.failure
    return view.failure


@pytest.mark.parametrize("name", list(CASES))
async def test_a_failure_has_its_own_event_and_says_who_must_act(
    trellis: Stage, tmp_path: Path, name: str
) -> None:
    files, event, party, said = CASES[name]
    stage = await connected(trellis, name, folder_of_files(tmp_path / "source", files))

    failure = await failure_of(stage)

    assert (failure.event, failure.must_act) == (event, party), failure
    assert said in failure.sentence
    assert (await stage.environment("development")).release is None


async def test_a_commit_that_does_not_exist_is_named(trellis: Stage, tmp_path: Path) -> None:
    folder = folder_of_files(tmp_path / "source", {"template.json": GOOD})
    stage = await connected(trellis, "missing", folder)

    failure = await failure_of(stage, commit="ab" * 20)

    assert (failure.event, failure.must_act) == ("CommitNotFound", Party.AUTHOR)
    assert "ab" * 20 in failure.sentence


async def test_keys_that_aws_does_not_know_are_the_teams_to_mend(
    trellis: Stage, tmp_path: Path
) -> None:
    folder = folder_of_files(tmp_path / "source", {"template.json": GOOD})
    stage = await connected(trellis, "locked", folder)
    keys = AwsKeys(access_key_id="AKIAUNKNOWN0000000", secret_access_key=SecretStr("unknown too"))
    await stage.api.set_credentials(stage.at("development"), keys)

    failure = await failure_of(stage)

    assert (failure.event, failure.must_act) == ("CredentialsRejected", Party.TEAM)
    assert "credentials" in failure.sentence


async def test_a_stack_of_another_application_is_not_touched(
    trellis: Stage, tmp_path: Path
) -> None:
    folder = folder_of_files(tmp_path / "source", {"template.json": GOOD})
    owner = await connected(trellis, "owner", folder)
    deployed = await owner.follow(await owner.api.deploy(owner.at("development")))
    assert deployed.state is DeploymentState.SUCCEEDED
    thief = await connected(trellis, "thief", folder)
    reaching = SettingsChange(stack_name="owner-development")
    await thief.api.configure(thief.at("development"), reaching)

    failure = await failure_of(thief)

    assert (failure.event, failure.must_act) == ("AssemblyRefused", Party.AUTHOR)
    assert "owner-development" in failure.sentence
    assert (await owner.environment("development")).release is not None
