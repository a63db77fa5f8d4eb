"""Installs the builder's own toolchains once, and says which are there.

ToolchainUnavailable
"""

import asyncio
import hashlib
import json
import os
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from services.builder.adapters.isolation.layers import WORKSPACE
from services.builder.adapters.isolation.profile import Profile
from services.builder.adapters.isolation.sandbox import Command, Sandbox
from services.builder.adapters.removal import remove_tree

PINNED = Path(__file__).parent
_FILES = ("package.json", "package-lock.json")
_DIGITS = 12
_SECONDS = 600.0
_LAST_BYTES = 600

Say = Callable[[str], Awaitable[None]]


class ToolchainUnavailable(Exception):
    """A toolchain could not be installed; the message says what npm said."""

    def __init__(self, name: str, said: str) -> None:
        self.name = name
        super().__init__(
            f"The builder's own toolchain {name} could not be installed: see that the builder "
            f"reaches the npm registry, then deploy again. npm said: {said.strip() or 'nothing'}"
        )


class Toolchains:
    """The toolchains of one builder, each in a folder that is named after its lock file."""

    def __init__(self, root: Path) -> None:
        """Takes the folder that they are installed in."""
        self._root = root
        self._turns: Mapping[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def ready(self, name: str, profile: Profile, *, say: Say) -> Path:
        """Give the folder of a toolchain, its programs in `bin`; install it if it is not there.

        Raises:
            ToolchainUnavailable
        """
        folder = self._folder(name)
        async with self._turns[name]:
            if not folder.is_dir():
                await say(f"Installing the builder's own {versions(name)} (once)")
                await self._install(name, folder, profile)
        return folder

    def installed(self) -> dict[str, str]:
        """Give what is pinned in each toolchain that is installed."""
        return {name: versions(name) for name in names() if self._folder(name).is_dir()}

    def _folder(self, name: str) -> Path:
        lock = (PINNED / name / "package-lock.json").read_bytes()
        return self._root / f"{name}-{hashlib.sha256(lock).hexdigest()[:_DIGITS]}"

    async def _install(self, name: str, folder: Path, profile: Profile) -> None:
        """Install beside its place, so that a half of it is never found there."""
        self._root.mkdir(parents=True, exist_ok=True, mode=0o700)
        making = Path(tempfile.mkdtemp(prefix=f".{name}-", dir=self._root))
        try:
            for file in _FILES:
                shutil.copyfile(PINNED / name / file, making / file)
            await _run_npm(name, Sandbox(profile, making))
            (making / "bin").symlink_to("node_modules/.bin")
            await asyncio.to_thread(remove_tree, making / "cache")
            os.rename(making, folder)  # noqa: PTH104 - it fails if there is one, unlike a move
        finally:
            await asyncio.to_thread(_remove, making)


def _remove(folder: Path) -> None:
    if folder.exists():
        remove_tree(folder)


def names() -> tuple[str, ...]:
    """Name every toolchain."""
    return tuple(sorted(path.parent.name for path in PINNED.glob("*/package-lock.json")))


def versions(name: str) -> str:
    """Say what is pinned in a toolchain: `aws-cdk 2.1148.1, esbuild 0.28.2`."""
    pinned = json.loads((PINNED / name / "package.json").read_text(encoding="utf-8"))
    return ", ".join(f"{package} {at}" for package, at in sorted(pinned["dependencies"].items()))


async def _run_npm(name: str, sandbox: Sandbox) -> None:
    output = bytearray()

    async def keep(chunk: bytes) -> None:
        output.extend(chunk)

    argv = ("npm", "ci", "--no-audit", "--no-fund", "--loglevel=error")
    ended = await sandbox.run(Command(argv, cwd=WORKSPACE), on_output=keep, timeout=_SECONDS)
    if not ended.succeeded:
        raise ToolchainUnavailable(name, output[-_LAST_BYTES:].decode(errors="replace"))
