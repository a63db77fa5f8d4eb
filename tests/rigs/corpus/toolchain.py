"""The CLIs that are typed by hand: the same pinned ones that the builder has."""

from pathlib import Path

from services.builder.adapters.isolation.preparation import prepare
from services.builder.adapters.toolchains.toolchains import Toolchains
from tests.rigs.saying import say

KEPT = Path(__file__).parents[3] / "build" / "toolchains"


async def installed_tools() -> Path:
    """Give the folder of CDK's toolchain, installed once under build/."""

    async def tell(line: str) -> None:
        say(line)

    return await Toolchains(KEPT).ready("cdk", prepare(hidden=[]), say=tell)
