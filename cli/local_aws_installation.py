"""Installs what the local AWS runs on: an environment of its own and the AWS SDK for functions.

Both come from locks with hashes in deploy/local_aws. An installation lies in a folder named after
their digest, so a changed lock is a new installation and an unchanged one is never made twice.

Errors: LocalAwsError ─ NodeMissing, StepFailed, NotInstalled.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

SOURCES = Path(__file__).parent.parent / "deploy" / "local_aws"
_PYTHON_LOCK = SOURCES / "requirements.lock"
_NODE_LOCK = SOURCES / "aws-sdk" / "package-lock.json"
_NODE_FILES = ("package.json", "package-lock.json", ".npmrc")

Progress = Callable[[str], None]
"""Takes one line for a person to read."""


class LocalAwsError(Exception):
    """The local AWS cannot be installed or started; the message says what to do."""


class NodeMissing(LocalAwsError):
    """The machine has no Node.js, which runs the functions of the local AWS."""

    def __init__(self, program: str) -> None:
        super().__init__(
            f"The local AWS runs functions with Node.js, but `{program}` was not found on the "
            "PATH. Install Node.js 20 or newer (Debian, Ubuntu: `sudo apt install nodejs npm`; "
            "macOS: `brew install node`) and start again."
        )
        self.program = program


class StepFailed(LocalAwsError):
    """A command of the installation failed; the next attempt starts afresh."""

    def __init__(self, step: str, command: list[str], output: str) -> None:
        ending = "\n".join(output.strip().splitlines()[-15:])
        super().__init__(
            f"Installing the local AWS failed at: {step}. When its cause is mended (often the "
            f"network), start again.\n$ {' '.join(command)}\n{ending}"
        )
        self.step = step


class NotInstalled(LocalAwsError):
    """The local AWS was to be started before it was installed."""

    def __init__(self, folder: Path) -> None:
        super().__init__(f"The local AWS is not installed in {folder}: call `install` first.")


class Installation:
    """One installed local AWS under a folder that several checkouts and starts may share.

    Args:
        cache: Where installations lie, one folder for each digest of the locks.
    """

    def __init__(self, cache: Path) -> None:
        self.folder = cache.absolute() / _digest()
        self.python = self.folder / ".aws-venv" / "bin" / "python"
        self.node_modules = self.folder / "aws-sdk" / "node_modules"
        self._finished = self.folder / "finished"

    @property
    def complete(self) -> bool:
        """Whether every step of an earlier `install` succeeded."""
        return self._finished.exists()

    def install(self, progress: Progress) -> None:
        """Make the installation unless it is there; one that was broken off is made anew.

        Two processes that install at once wait for one another.

        Raises:
            NodeMissing: npm or node is not on the PATH.
            StepFailed: A download or an unpacking failed.
        """
        for program in ("node", "npm"):
            if shutil.which(program) is None:
                raise NodeMissing(program)
        with self._locked():
            if self.complete:
                return
            shutil.rmtree(self.folder, ignore_errors=True)
            self._make(progress)
            self._finished.touch()

    def _make(self, progress: Progress) -> None:
        progress("Installing the local AWS (once, about 250 MB): the AWS SDK for functions")
        sdk = self.node_modules.parent
        sdk.mkdir(parents=True)
        for name in _NODE_FILES:
            shutil.copy(_NODE_LOCK.parent / name, sdk)
        _run("AWS SDK for functions", ["npm", "ci", "--ignore-scripts", "--prefix", str(sdk)])
        progress("Installing the local AWS: an environment for its Python packages")
        environment = self.python.parents[1]
        _run("environment", [sys.executable, "-m", "venv", str(environment)])
        progress("Installing the local AWS: Python packages")
        locked = ["--quiet", "--require-hashes", "--requirement", str(_PYTHON_LOCK)]
        _run("Python packages", [str(self.python), "-m", "pip", "install", *locked])
        progress("Installed the local AWS")

    @contextmanager
    def _locked(self) -> Iterator[None]:
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        with self.folder.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def _digest() -> str:
    made_of = hashlib.sha256()
    for lock in (_PYTHON_LOCK, _NODE_LOCK):
        made_of.update(lock.read_bytes())
    made_of.update(f"{sys.version_info[:2]} {sys.platform} {os.uname().machine}".encode())
    return made_of.hexdigest()[:16]


def _run(step: str, command: list[str]) -> None:
    ran = subprocess.run(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, check=False,
    )  # fmt: skip
    if ran.returncode != 0:
        raise StepFailed(step, command, ran.stdout)
