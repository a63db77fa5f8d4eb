"""What the steps of one run share: what was asked, where it happens, what came of it so far."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Protocol

from pydantic import SecretStr

from services.builder.adapters.conditions import Conditions
from services.builder.adapters.dependencies.store import Kept
from services.builder.adapters.deployer.prepared import Prepared
from services.builder.adapters.frameworks.port import Found
from services.builder.adapters.isolation.layers import Layer
from services.builder.adapters.isolation.profile import MANAGER, SOURCE, Mount
from services.builder.adapters.isolation.room import Room
from services.builder.adapters.isolation.sandbox import Command, Exit, Sandbox
from services.builder.adapters.limits import Limits, failure_of, heap_option
from services.builder.adapters.run_log import RunLog
from services.builder.adapters.workspace import RunFolder
from services.builder.domain.run import RunIds, StepFailed
from trellis_contracts.changes import CommitsBetween, StackChanges
from trellis_contracts.message import Message
from trellis_contracts.names import ArtifactId, CommitSha
from trellis_contracts.releases import Release
from trellis_contracts.runs import StartRun
from trellis_contracts.sizes import BuildSize
from trellis_contracts.steps import Step

TOLD = ("TRELLIS_STAGE", "TRELLIS_ENVIRONMENT", "TRELLIS_COMMIT")
"""The variables by which a program of the application's learns what it is run for."""


class Stop(Enum):
    """Why a run is to end before its time."""

    CANCELLED = "cancelled"
    STALE = "stale"


@dataclass(frozen=True)
class Granted:
    """The secret values that a run was given: each goes to the one step that needs it."""

    secrets: Mapping[str, SecretStr] = field(default_factory=dict)
    clone_token: SecretStr | None = None
    credentials: SecretStr | None = None

    def to_mask(self) -> dict[str, str]:
        """Give every value that must never leave, by a name that may."""
        values = dict(self.secrets)
        if self.clone_token:
            values["the clone token"] = self.clone_token
        if self.credentials:
            values["the AWS credentials"] = self.credentials
        return {name: value.get_secret_value() for name, value in values.items()}


@dataclass(frozen=True)
class PackageTool:
    """The package manager that installs: every later program may call it (`pnpm exec tsx`).

    `folder` is that of its toolchain, None for npm, which comes with node; `environment` lets it
    do as the builder needs it.
    """

    folder: Path | None = None
    environment: Mapping[str, str] = field(default_factory=dict)

    @property
    def mounts(self) -> tuple[Mount, ...]:
        """Where a program sees it."""
        return (Mount(self.folder, MANAGER),) if self.folder else ()


@dataclass(frozen=True)
class Made:
    """The assembly that a run has made, checked, and kept as `artifact`."""

    prepared: Prepared
    artifact: ArtifactId


@dataclass
class Look:
    """What a preview has found: the assembly, and what it would change."""

    prepared: Prepared | None = None
    commits: CommitsBetween | None = None
    stacks: tuple[StackChanges, ...] = ()


class Shop(Protocol):
    """What a builder keeps and lends to one run."""

    async def toolchain(self, name: str) -> Path:
        """Give the folder of one of the builder's own toolchains. Raises ToolchainUnavailable."""

    async def programs(self) -> str:
        """Say which node and npm a step finds."""

    def dependencies(self, digest: str) -> Kept | None:
        """Give what was installed for this digest, for as long as the run lasts."""

    def has_kept(self, wish: str) -> bool:
        """Say whether something is kept that was resolved from this wish."""

    def keep_dependencies(self, digest: str, folders: Sequence[str], *, wish: str) -> Kept | None:
        """Keep what this run has installed, and give it back; None: it stays where it is."""


@dataclass(kw_only=True)
class Attempt:
    """One run under way; steps fill in the last ones as they become known."""

    work: StartRun
    ids: RunIds
    conditions: Conditions
    folder: RunFolder
    sandbox: Sandbox
    log: RunLog
    granted: Granted
    report: Callable[[Message], None]
    """Tells the orchestrator a fact of this run."""
    in_the_cloud: bool = False
    """While true, the run is ended by the deployer alone, once the cloud is settled."""
    seconds_left: Callable[[], float]
    """How long the run may still take."""
    shop: "Shop"
    """What the builder keeps for its runs."""
    layers: tuple[Layer, ...] = ()
    """The dependencies, each below a layer that this run alone writes to."""
    manager: PackageTool = field(default_factory=PackageTool)
    found: Found | None = None
    """The application, as it was found in the checkout."""
    stop: Stop | None = None
    stopped: asyncio.Event = field(default_factory=asyncio.Event)
    step: Step = Step.CHECKOUT
    exit_code: int | None = None
    commit: CommitSha | None = None
    made: Made | None = None
    release: Release | None = None
    removed: tuple[str, ...] = ()
    look: Look | None = None
    """Set for a preview, which changes nothing: what it has found so far."""

    @property
    def application_folder(self) -> str:
        """Where in the checkout the application lies: as it was found, or as it was set."""
        return self.found.folder if self.found else self.work.target.folder

    @property
    def size(self) -> BuildSize:
        """What the programs of this run may take up."""
        return self.work.target.settings.size

    @property
    def silence_seconds(self) -> float:
        """How long a program may print nothing: as the environment says, else the builder."""
        minutes = self.work.target.settings.silence_minutes
        return minutes * 60.0 if minutes else self.conditions.silence_seconds

    async def run(
        self,
        argv: tuple[str, ...],
        *,
        folder: str | None = None,
        environment: Mapping[str, str] | None = None,
        read_only: tuple[Mount, ...] = (),
        of_builder: tuple[Mount, ...] = (),
    ) -> Exit:
        """Run a program in the application's folder or another one, its output in the log.

        What was made of the commit, and was checked, is covered: no later program can change it.

        Raises:
            StepFailed: it took more time, silence or memory than it may.
        """
        self.exit_code = None
        self.log.begin_program()
        where = self.application_folder if folder is None else folder
        command = Command(
            argv,
            cwd=f"{SOURCE}/{where}" if where else SOURCE,
            environment={**self.environment(), **(environment or {})},
            read_only=read_only,
            of_builder=(*self.manager.mounts, *of_builder),
            layers=self.layers,
            covered=(self.made.prepared.folder.parent.name,) if self.made else (),
            room=Room(self.size.memory_mib << 20, self.size.cpus),
        )
        ended = await self.sandbox.run(
            command,
            on_output=self.log.write,
            timeout=self.conditions.step_seconds,
            silence_timeout=self.silence_seconds,
        )
        self.exit_code = ended.code
        await self.log.flush()
        if failure := failure_of(ended.reason, self.limits(), self.log.tail()):
            raise StepFailed(failure)
        return ended

    def limits(self) -> Limits:
        """Say what a program of the step that goes on may take."""
        return Limits(
            ids=self.ids,
            step=self.step,
            size=self.size,
            builder=self.conditions.name,
            step_seconds=round(self.conditions.step_seconds),
            silence_seconds=round(self.silence_seconds),
        )

    def environment(self) -> dict[str, str]:
        """Give what every program of the application's finds: its variables, and that it is CI."""
        target = self.work.target
        return {
            "CI": "true",
            "NO_COLOR": "1",
            "NODE_OPTIONS": heap_option(self.size),
            **self.manager.environment,
            **dict(zip(TOLD, (target.stage, target.environment, self.commit or ""), strict=True)),
            **target.variables,
        }
