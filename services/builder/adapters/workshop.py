"""What a builder has for its runs: rooms that are fresh each time, and what each run is granted."""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from pydantic import SecretStr

from services.builder.adapters.attempt import Granted
from services.builder.adapters.conditions import Conditions
from services.builder.adapters.dependencies.store import DependencyStore, Kept
from services.builder.adapters.isolation.layers import WORKSPACE
from services.builder.adapters.isolation.preparation import prepare
from services.builder.adapters.isolation.profile import Profile
from services.builder.adapters.isolation.sandbox import Command, Sandbox, SandboxBroken
from services.builder.adapters.toolchains.toolchains import Say, Toolchains
from services.builder.adapters.workspace import RunFolder, RunFolders
from services.chassis.logging import get_logger
from services.chassis.secrets.paths import (
    SecretPath,
    clone_token_path,
    credentials_path,
    secret_path,
)
from services.chassis.secrets.port import SecretsStore
from services.chassis.unavailable import Unavailable
from trellis_contracts.deployments import DeployKind
from trellis_contracts.names import ApplicationId
from trellis_contracts.runs import StartRun

_VERSIONS = "node --version; npm --version; exit 0"
_VERSIONS_SECONDS = 60.0


async def _ignored(_chunk: bytes) -> None:
    """What a trial prints is of no interest."""


SLOT_SECONDS = 60.0


class NoFreeSlot(Unavailable):
    """Every slot of this builder is at work; what is to be done waits in the queue."""

    def __init__(self, slots: int) -> None:
        super().__init__(f"all {slots} slots of this builder are at work")


class Workshop:
    """Opened once by a builder; its parts are shared by all runs."""

    def __init__(self, conditions: Conditions, secrets: SecretsStore) -> None:
        self.conditions = conditions
        self._secrets = secrets
        self._folders = RunFolders(conditions.runs)
        self.toolchains = Toolchains(conditions.store / "toolchains")
        self.dependencies = DependencyStore(
            conditions.store / "dependencies", most_bytes=conditions.store_bytes
        )
        self.slots = asyncio.Semaphore(conditions.slots)
        """Runs and previews at a time."""
        self._profile: Profile | None = None
        self.layers = False
        """Whether a step can write to a layer over what is kept, where this builder keeps it."""

    async def take_slot(self) -> None:
        """Wait for a slot, which is to be given back. Raises NoFreeSlot."""
        try:
            await asyncio.wait_for(self.slots.acquire(), SLOT_SECONDS)
        except TimeoutError:
            raise NoFreeSlot(self.conditions.slots) from None

    async def open(self) -> tuple[str, ...]:
        """Sweep what a killed builder left, see that steps can be isolated; give what was swept.

        Raises:
            IsolationMissing, PassRefused: no run can be isolated here as demanded.
        """
        swept = await asyncio.to_thread(self._folders.sweep)
        await self.well()
        return swept

    async def well(self) -> None:
        """The health check: steps can be isolated. Raises as `open`."""
        if self._profile is None:
            profile = await asyncio.to_thread(
                prepare, passed=self.conditions.passed, hidden=self.conditions.hidden
            )
            self.layers = profile.bubblewrap.layers and await self._can_layer(profile)
            self._profile = profile

    async def _can_layer(self, profile: Profile) -> bool:
        """Try it where runs and what is kept lie: not every file system can hold a layer."""
        async with self._folders.fresh(f"trial-{uuid4().hex}") as folder:
            lower = folder.path / "lower"
            lower.mkdir()
            command = Command(
                ("/bin/sh", "-c", "echo written > node_modules/written"),
                layers=(folder.layer(lower, ""),),
            )
            try:
                ended = await Sandbox(profile, folder.path).run(
                    command, on_output=_ignored, timeout=_VERSIONS_SECONDS
                )
            except SandboxBroken as refused:
                get_logger().warning("dependencies are not kept here", reason=str(refused))
                return False
        return ended.succeeded

    async def room(
        self, name: str, stack: AsyncExitStack, *, trusted: bool = True
    ) -> tuple[RunFolder, Sandbox]:
        """Give a fresh folder and a sandbox around it; `stack` removes both.

        One that is not `trusted` gets nothing of this host that others could not know.

        Raises:
            DiskFull, IsolationMissing: with what to do.
        """
        await self.well()
        profile = self._profile if trusted else await asyncio.to_thread(self._bare_profile)
        assert profile is not None  # noqa: S101 - `well` has made it or raised
        folder = await stack.enter_async_context(self._folders.fresh(name))
        return folder, Sandbox(profile, folder.path)

    def _bare_profile(self) -> Profile:
        return prepare(trusted=False, hidden=self.conditions.hidden)

    def shop(
        self, folder: RunFolder, room: AsyncExitStack, *, say: Say, trusted: bool = True
    ) -> "RunsShop":
        """Give what is kept here to a run, for as long as `room` is open."""
        assert self._profile is not None  # noqa: S101 - a run has its room
        lends = trusted and self.layers
        return RunsShop(self, self._profile, folder, room, say, lends=lends)

    async def grant(self, work: StartRun) -> Granted:
        """Fetch what a run was granted, in the versions that were recorded.

        Raises:
            SecretNotFound: a version that was recorded is not in the store.
        """
        target = work.target
        versions, whose = target.secrets, target.values_of or work.environment_id
        if work.kind is DeployKind.ROLLBACK and work.release:
            versions = work.release.secrets
        return Granted(
            secrets={
                name: await self._secrets.get(
                    secret_path(work.application_id, whose, name), version
                )
                for name, version in versions.items()
            },
            clone_token=await self.clone_token(work.application_id, target.clone_token_version),
            credentials=await self._optional(
                credentials_path(work.application_id, whose),
                target.credentials_version,
            ),
        )

    async def clone_token(
        self, application_id: ApplicationId, version: int | None
    ) -> SecretStr | None:
        """Fetch the token that clones a private repository, if there is one."""
        return await self._optional(clone_token_path(application_id), version)

    async def _optional(self, path: SecretPath, version: int | None) -> SecretStr | None:
        return None if version is None else await self._secrets.get(path, version)


@dataclass(frozen=True)
class RunsShop:
    """What the workshop lends to one run."""

    workshop: Workshop
    profile: Profile
    folder: RunFolder
    room: AsyncExitStack
    say: Say
    lends: bool

    async def toolchain(self, name: str) -> Path:
        """Give one of our toolchains; installed, and said so, if it is not there."""
        return await self.workshop.toolchains.ready(name, self.profile, say=self.say)

    async def programs(self) -> str:
        """Ask the programs themselves, since a step finds them by its own path."""
        said = bytearray()

        async def keep(chunk: bytes) -> None:
            said.extend(chunk)

        command = Command(("/bin/sh", "-c", _VERSIONS), cwd=WORKSPACE)
        sandbox = Sandbox(self.profile, self.folder.path)
        await sandbox.run(command, on_output=keep, timeout=_VERSIONS_SECONDS)
        return said.decode(errors="replace")

    def dependencies(self, digest: str) -> Kept | None:
        """Without layers nothing can be lent: a step could write into it."""
        if not self.lends:
            return None
        return self.room.enter_context(self.workshop.dependencies.use(digest))

    def has_kept(self, wish: str) -> bool:
        """Say whether something is kept, and can be lent, that was resolved from this wish."""
        return self.lends and self.workshop.dependencies.has_resolved(wish)

    def keep_dependencies(self, digest: str, folders: Sequence[str], *, wish: str) -> Kept | None:
        """Move what was installed into the store, and lend it to the run that installed it."""
        if not self.lends:
            return None
        keeping = self.workshop.dependencies.keep(digest, self.folder.source, folders, wish=wish)
        return self.room.enter_context(keeping)
