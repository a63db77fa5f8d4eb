"""An application is renamed, gets one more environment, and is deleted, on all of Trellis."""

from pathlib import Path

import pytest
from pydantic import SecretStr

from cli.client.answers import AwsKeys, Place
from cli.demo.stage import Stage
from cli.naming import UnknownName, find_application, find_past_environment
from services.chassis.secrets import open_secrets
from services.chassis.secrets.paths import credentials_path
from services.chassis.secrets.port import SecretNotFound
from tests.support.stack import DEMO, whole_trellis
from tests.support.until import until
from trellis_contracts.views import DeploymentState, EnvironmentView

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]


def stack_of(environment: EnvironmentView) -> str:
    assert environment.release is not None
    [stack] = environment.release.stacks
    return stack.stack


async def deployed(stage: Stage, at: Place, commit: str) -> None:
    view = await stage.follow(await stage.api.deploy(at, commit=commit))
    assert view.state is DeploymentState.SUCCEEDED, view.failure


async def added(stage: Stage, name: str) -> Place:
    """One more environment, with an account of its own."""
    application = stage.at("development").application_id
    made = await stage.api.add_environment(application, {"name": name})
    assert made.subject
    at = Place(application, made.subject)
    keys = AwsKeys(access_key_id="444444444444", secret_access_key=SecretStr("any will do"))
    await stage.api.set_credentials(at, keys)
    return at


async def test_an_application_changes_its_name_and_goes_and_leaves_its_history(
    tmp_path: Path,
) -> None:
    async with whole_trellis(tmp_path) as stage:
        head = await stage.connect(DEMO)
        development = stage.at("development")
        await deployed(stage, development, head)
        before = stack_of(await stage.environment("development"))

        await stage.api.rename_application(development.application_id, "store")
        await deployed(stage, development, head)
        assert stack_of(await stage.environment("development")) == before

        qa = await added(stage, "qa")
        await deployed(stage, qa, head)
        assert stack_of(await stage.environment("qa")) == "store-qa"
        assert not await is_forgotten(tmp_path, qa)

        asked = await stage.api.delete_application(development.application_id, "store")
        assert asked.events == ("ApplicationDeletionRequested",)
        await until(lambda: is_gone(stage), within=90, every=0.2)

        for name in ("development", "qa"):
            _, gone = await find_past_environment(stage.api, "store", name)
            newest, *_ = await stage.api.deployments(gone.environment_id)
            assert (newest.kind, newest.state) == ("teardown", DeploymentState.SUCCEEDED)
        await until(lambda: is_forgotten(tmp_path, qa), within=90, every=0.2)
        again = await stage.api.create_application("store", stage.git.url(stage.repository))
        assert again.application_id != development.application_id


async def is_gone(stage: Stage) -> bool:
    try:
        await find_application(stage.api, "store")
    except UnknownName:
        return True
    return False


async def is_forgotten(folder: Path, at: Place) -> bool:
    store = open_secrets(
        f"file://{folder / 'data' / 'secrets.encrypted'}", key_file=folder / "keys" / "secrets.key"
    )
    try:
        await store.get(credentials_path(*at), 1)
    except SecretNotFound:
        return True
    return False
