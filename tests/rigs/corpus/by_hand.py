"""The framework's own CLI on a local AWS, as somebody would type it."""

import os
import shutil
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from services.builder.adapters.frameworks.port import Found
from services.builder.adapters.frameworks.synthesiser import toolkit
from tests.rigs.corpus.account import REGION, Account, Picture
from tests.rigs.corpus.calling import Calls, call
from tests.rigs.corpus.installing import Typed
from tests.support.stack import of_the_network

STAGE = "development"
_LONGEST = 900
_SHIM = Path(__file__).with_name("aim_at_local_aws.cjs")
_TAIL = 15


class CliFailed(Exception):
    """A command ended with an error; the message holds the end of what it printed."""

    def __init__(self, argv: Sequence[str], output: str) -> None:
        super().__init__(f"$ {' '.join(argv)}\n{output}")


@dataclass
class ByHand:
    """What came of it by hand; `failed` names the command that went wrong, `failed_at` the step.

    A CLI that builds and deploys in one failed in building if the account was never touched.
    """

    deployed: Picture | None = None
    removed: Picture | None = None
    calls: Calls = field(default_factory=dict)
    seconds: float = 0
    failed: str | None = None
    failed_at: str | None = None


def deploy_by_hand(
    source: Path, found: Found, install: Typed, *, account: Account, tools: tuple[Path, ...]
) -> ByHand:
    """Install, deploy, look, call and remove; `tools` are CDK's, and the package manager's."""
    done, began = ByHand(), time.monotonic()
    home = source.with_name("home")
    home.mkdir()
    terminal, step = Terminal(source / found.folder, account, tools[0], home, tools[1:]), "install"
    try:
        replace(terminal, folder=source / install.folder).type(*install.argv)
        step = "deploy"
        for argv in _deploy(found.framework.way):
            terminal.type(*argv)
        done.seconds = time.monotonic() - began
        done.deployed = account.picture()
        done.calls = call(done.deployed.urls)
        step = "remove"
        terminal.type(*_remove(found.framework.way))
        done.removed = account.picture()
    except CliFailed as failed:
        done.failed, done.seconds = str(failed), time.monotonic() - began
        done.failed_at = "build" if step == "deploy" and not account.touched() else step
    return done


def _deploy(way: str) -> tuple[tuple[str, ...], ...]:
    if way == "sst":
        return (("sst", "deploy", "--stage", STAGE, "--region", REGION),)
    return (
        ("cdk", "bootstrap"),
        ("cdk", "deploy", "--all", "--require-approval", "never", "--context", f"stage={STAGE}"),
    )


def _remove(way: str) -> tuple[str, ...]:
    if way == "sst":
        return ("sst", "remove", "--stage", STAGE, "--region", REGION)
    return ("cdk", "destroy", "--all", "--force", "--context", f"stage={STAGE}")


@dataclass(frozen=True)
class Terminal:
    """A folder, an account, and the programs that somebody has installed."""

    folder: Path
    account: Account
    tools: Path
    home: Path
    """CDK's CLI remembers accounts in it."""
    managers: tuple[Path, ...] = ()
    """The package managers beside npm."""

    def type(self, *argv: str, **environment: str) -> None:
        """Run a command to its end. Raises CliFailed."""
        try:
            ended = subprocess.run(
                [self._program(argv[0]), *argv[1:]],
                cwd=self.folder,
                env=self._environment() | environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                timeout=_LONGEST,
                check=False,
            )
        except subprocess.TimeoutExpired as late:
            raise CliFailed(argv, f"it took longer than {_LONGEST} s") from late
        if ended.returncode != 0:
            lines = ended.stdout.decode(errors="replace").splitlines()
            raise CliFailed(argv, "\n".join(lines[-_TAIL:]))

    def _program(self, name: str) -> str:
        """CDK's newest CLI, as its authors recommend; SST's is the application's."""
        if name == "cdk":
            return str(self.tools / "bin" / "cdk")
        return shutil.which(name, path=self._path()) or name

    def _path(self) -> str:
        return ":".join(
            [
                str(self.folder / "node_modules" / ".bin"),
                os.environ["PATH"],
                *(str(folder / "bin") for folder in (self.tools, *self.managers)),
            ]
        )

    def _environment(self) -> dict[str, str]:
        return {
            "PATH": self._path(),
            "HOME": str(self.home),
            "npm_config_userconfig": str(Path.home() / ".npmrc"),
            "npm_config_cache": str(Path.home() / ".npm"),
            "CI": "true",
            "npm_config_yes": "true",
            "npm_config_manage_package_manager_versions": "false",
            **toolkit.for_npx(self.tools),
            "SST_TELEMETRY_DISABLED": "1",
            "CDK_DISABLE_CLI_TELEMETRY": "true",
            "NODE_OPTIONS": f"--require={_SHIM}",
            **of_the_network(),
            **self.account.environment(),
        }
