"""A whole Trellis with a local AWS and a git server: what `trellis up` runs, for one test."""

import json
import os
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from cli.demo.stage import Stage, on_stage
from cli.git_server import GitServer
from cli.supervisor import Patience
from cli.up import LocalAwsWanted, Up, UpSettings
from services.builder.adapters.isolation.passing import DEFAULT
from tests.support.aws import INSTALLATION

DEMO = Path(__file__).parents[2] / "deploy" / "demo"
REGION = "us-east-1"


def queues(*names: str) -> dict[str, str]:
    """A template with these queues: nothing to install, deployed in a second."""
    resources = {name: {"Type": "AWS::SQS::Queue"} for name in names}
    return {"template.json": json.dumps({"Resources": resources})}


def of_the_network() -> dict[str, str]:
    """How this machine reaches registries: as a builder passes it to its steps."""
    return {
        name: value
        for name, value in os.environ.items()
        if name in DEFAULT or name.startswith("npm_config_")
    }


@asynccontextmanager
async def whole_trellis(
    folder: Path,
    *,
    step_seconds: float = 0,
    name: str = "shop",
    together: bool = False,
    patience: Patience | None = None,
    **environ: str,
) -> AsyncIterator[Stage]:
    """Everything up, on free ports, with nothing of it left behind."""
    with GitServer(folder / "git") as git:
        given = {
            "PATH": os.environ["PATH"],
            **of_the_network(),
            "TRELLIS_KEYS": str(folder / "keys"),
            "TRELLIS_GIT_ORIGINS": git.origin,
            **environ,
        }
        up = Up(
            UpSettings(
                data=folder / "data",
                port=0,
                local_aws=LocalAwsWanted(installation=INSTALLATION, step_seconds=step_seconds),
                environ=given,
                pointer=None,
                together=together,
                patience=patience or Patience(),
            ),
            say=print,
        )
        await up.start()
        try:
            async with on_stage(up, git, name=name, repository=f"acme/{name}") as stage:
                stage.accounts = {one: _account() for one in stage.accounts}
                yield stage
        finally:
            await up.stop()


def _account() -> str:
    return str(10**11 + secrets.randbelow(9 * 10**11))
