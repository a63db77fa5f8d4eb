"""An application goes between Trellis and its framework's own CLI, and is lost by neither."""

import asyncio
from pathlib import Path

import pytest

from cli.demo.stage import Stage
from tests.e2e.test_cdk import Account, files, pushed
from tests.rigs.corpus import account as rig
from tests.rigs.corpus.by_hand import Terminal
from tests.rigs.corpus.toolchain import installed_tools
from tests.support.git import folder_of_files
from tests.support.stack import whole_trellis
from trellis_contracts.settings import SettingsChange
from trellis_contracts.views import DeploymentState

pytestmark = [pytest.mark.slow, pytest.mark.timeout(420)]

STACKS = {"shop-development-data", "shop-development-api"}


async def by_hand(stage: Stage, folder: Path, version: str) -> Terminal:
    """A terminal in a clone at some version, with the keys of the environment's account."""
    given = files(version).items()
    source = {path: text for path, text in given if text is not None}
    clone = folder_of_files(folder / f"clone-{version}", source) / "infra"
    home = folder / f"home-{version}"
    home.mkdir()
    assert stage.up.local_aws is not None
    keys = rig.Account(stage.accounts["development"], stage.up.local_aws)
    terminal = Terminal(clone, keys, await installed_tools(), home)
    await asyncio.to_thread(terminal.type, "npm", "install", "--no-audit", "--no-fund")
    await asyncio.to_thread(terminal.type, "cdk", "bootstrap")
    return terminal


async def cdk(terminal: Terminal, command: str, *options: str) -> None:
    argv = ("cdk", command, "--all", "--context", "stage=development", *options)
    await asyncio.to_thread(terminal.type, *argv)


async def test_between_trellis_and_cdk_and_back(tmp_path: Path) -> None:
    source = {path: text for path, text in files("1").items() if text is not None}
    async with whole_trellis(tmp_path, TRELLIS_POLL_SECONDS="3600") as stage:
        account = Account(stage)
        account.ssm.put_parameter(Name="/greeting", Value="hello", Type="String")
        first = await deployed_by_hand(stage, tmp_path, "0")
        head = await stage.connect(folder_of_files(tmp_path / "source", source))

        assert account.value("/version") == "0"
        await handed_over(stage, account, head)
        await deployed_by_hand(stage, tmp_path, "3")
        assert account.value("/version") == "3"
        again = await pushed(stage, stage.commit(files("4"), "Version 4"))
        assert again.state is DeploymentState.SUCCEEDED, again.failure
        assert account.value("/version") == "4"
        await cdk(first, "destroy", "--force")
        assert STACKS.isdisjoint(account.stacks())
        gone = await stage.follow(await stage.api.tear_down(stage.at("development"), "development"))
        assert gone.state is DeploymentState.SUCCEEDED, gone.failure


async def deployed_by_hand(stage: Stage, folder: Path, version: str) -> Terminal:
    terminal = await by_hand(stage, folder, version)
    await cdk(terminal, "deploy", "--require-approval", "never")
    return terminal


async def handed_over(stage: Stage, account: Account, head: str) -> None:
    """What somebody else has deployed is refused, until a person hands it over."""
    refused = await pushed(stage, head)
    assert refused.failure is not None
    assert "trellis apps settings --adopt" in refused.failure.sentence
    assert account.value("/version") == "0"
    adopts = SettingsChange(adopts=tuple(sorted(STACKS)))
    await stage.api.configure(stage.at("development"), adopts)
    taken = await pushed(stage, stage.commit(files("2"), "Version 2"))
    assert taken.state is DeploymentState.SUCCEEDED, taken.failure
    assert account.value("/version") == "2"
