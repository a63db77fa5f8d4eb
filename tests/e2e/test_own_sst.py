"""An SST application goes between Trellis and SST's own CLI, whichever of them was first."""

import asyncio
import shutil
from pathlib import Path

import httpx
import pytest

from cli.demo.stage import Stage
from tests.e2e.test_cdk import pushed
from tests.rigs.corpus import account as rig
from tests.rigs.corpus.by_hand import Terminal
from tests.rigs.corpus.toolchain import installed_tools
from tests.support.git import folder_of_files
from tests.support.stack import REGION, whole_trellis
from trellis_contracts.settings import SettingsChange
from trellis_contracts.views import DeploymentState

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

DEMO = Path(__file__).parents[2] / "deploy" / "demo_sst"
STACK = "development-notes-Notes"
VERSION = "src/version.js"


def of_version(version: int) -> str:
    return f"export const version = {version};\n"


class Notes:
    """The sample application, in its account, and in somebody's own clone with the same keys."""

    def __init__(self, stage: Stage, folder: Path) -> None:
        assert stage.up.local_aws is not None
        self.stage = stage
        self.account = rig.Account(stage.accounts["development"], stage.up.local_aws)
        self.clone, self.home = folder / "clone", folder / "home"

    async def connect(self, folder: Path) -> str:
        """Hand the repository to Trellis, in version 1; gives its head."""
        paths = (path for path in DEMO.rglob("*") if path.is_file())
        kept = {str(path.relative_to(DEMO)): path for path in paths}
        files = {
            name: path.read_text() for name, path in kept.items() if "node_modules" not in name
        }
        return await self.stage.connect(folder_of_files(folder, files | {VERSION: of_version(1)}))

    async def type(self, *argv: str) -> None:
        """In the clone, which is made and installed the first time."""
        tools = await installed_tools()
        terminal = Terminal(self.clone, self.account, tools, self.home)
        if not self.clone.exists():
            shutil.copytree(DEMO, self.clone, ignore=shutil.ignore_patterns("node_modules", ".sst"))
            self.home.mkdir()
            await asyncio.to_thread(terminal.type, "npm", "ci", "--no-audit", "--no-fund")
        await asyncio.to_thread(terminal.type, *argv)

    async def sst(self, command: str, version: int) -> None:
        if not self.clone.exists():
            await self.type("node", "--version")
        (self.clone / VERSION).write_text(of_version(version))
        await self.type("sst", command, "--stage", "development", "--region", REGION)

    async def push(self, version: int) -> None:
        commit = self.stage.commit({VERSION: of_version(version)}, f"Version {version}")
        view = await pushed(self.stage, commit)
        assert view.state is DeploymentState.SUCCEEDED, view.failure

    async def tear_down(self) -> None:
        decision = await self.stage.api.tear_down(self.stage.at("development"), "development")
        gone = await self.stage.follow(decision)
        assert gone.state is DeploymentState.SUCCEEDED, gone.failure

    def stacks(self) -> list[str]:
        return list(self.account.picture().outputs)

    def answers(self) -> int:
        """The version that the deployed function says it is."""
        (url,) = self.account.picture().urls
        with httpx.Client(trust_env=False, timeout=60) as client:
            return int(client.get(url).raise_for_status().json()["version"])


async def test_what_sst_deployed_first_is_handed_over_and_stays_in_reach_of_both(
    tmp_path: Path,
) -> None:
    async with whole_trellis(tmp_path, name="notes") as stage:
        notes = Notes(stage, tmp_path)
        await notes.sst("deploy", 7)
        assert (notes.stacks(), notes.answers()) == ([STACK], 7)

        refused = await pushed(stage, await notes.connect(tmp_path / "source"))
        assert refused.failure is not None
        assert "trellis apps settings --adopt" in refused.failure.sentence
        assert notes.answers() == 7
        await stage.api.configure(stage.at("development"), SettingsChange(adopts=(STACK,)))
        await notes.push(2)
        assert (notes.stacks(), notes.answers()) == ([STACK], 2)

        await notes.sst("deploy", 8)
        assert notes.answers() == 8
        await notes.push(3)
        assert notes.answers() == 3
        await notes.sst("remove", 8)
        assert notes.stacks() == []
        await notes.tear_down()


async def test_what_trellis_deployed_first_is_in_reach_of_sst_and_is_torn_down(
    tmp_path: Path,
) -> None:
    async with whole_trellis(tmp_path, name="notes") as stage:
        notes = Notes(stage, tmp_path)
        first = await pushed(stage, await notes.connect(tmp_path / "source"))
        assert first.state is DeploymentState.SUCCEEDED, first.failure
        assert (notes.stacks(), notes.answers()) == ([STACK], 1)

        await notes.sst("deploy", 7)
        assert (notes.stacks(), notes.answers()) == ([STACK], 7)
        await notes.tear_down()
        assert notes.stacks() == []
