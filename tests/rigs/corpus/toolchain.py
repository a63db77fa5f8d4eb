"""The CLIs that are typed by hand: the same pinned ones that the builder has."""

from pathlib import Path

from services.builder.adapters.isolation.preparation import prepare
from services.builder.adapters.toolchains.toolchains import Toolchains
from tests.rigs.saying import say

KEPT = Path(__file__).parents[3] / "build" / "toolchains"


async def installed_tools(name: str = "cdk") -> Path:
    """Give the folder of a toolchain, CDK's or a package manager's, installed once under build/."""

    async def tell(line: str) -> None:
        say(line)

    return await Toolchains(KEPT).ready(name, prepare(hidden=[]), say=tell)
