"""Runs one command of a step, kept apart: what it prints, how long it may take, how it ends.

SandboxBroken
"""

import asyncio
import contextlib
import os
import resource
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from signal import Signals

from services.builder.adapters.isolation.layers import Layer
from services.builder.adapters.isolation.minding import Minder
from services.builder.adapters.isolation.processes import KILLED, Processes, in_memory
from services.builder.adapters.isolation.profile import (
    SOURCE,
    Mount,
    Profile,
    Shown,
    environment_of,
    options,
)
from services.builder.adapters.isolation.room import Room, on_cpus
from services.builder.adapters.isolation.watch import OnOutput, Reason, Watch

GRACE_SECONDS = 10.0
_BLOCK = 512
_LIMITED = 'ulimit -c 0 && ulimit -n "$1" && ulimit -f "$2" && shift 2 && exec "$@"'


@dataclass(frozen=True, slots=True)
class Command:
    """A program with its arguments (never a secret among them: they are seen on the host).

    `environment` may hold secrets. `cwd` is a folder of the sandbox. No file that it writes
    grows beyond `largest_file` bytes. `read_only` may show nothing that is hidden; `of_builder`
    and `layers` are what the builder itself keeps for its runs. `covered` names folders of the
    workspace that it neither sees nor changes. `room` is what it may take up.
    """

    argv: tuple[str, ...]
    cwd: str = SOURCE
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    read_only: tuple[Mount, ...] = ()
    of_builder: tuple[Mount, ...] = ()
    layers: tuple[Layer, ...] = ()
    largest_file: int | None = None
    covered: tuple[str, ...] = ()
    room: Room | None = None


@dataclass(frozen=True, slots=True)
class Exit:
    """How a command ended; `code` is a shell's: 128 + n after signal n."""

    code: int
    reason: Reason
    seconds: float

    @property
    def succeeded(self) -> bool:
        """It ended by itself, with 0."""
        return self.reason is Reason.EXITED and self.code == 0

    @property
    def signal(self) -> Signals | None:
        """The signal that ended it, as far as its code tells."""
        known = {member.value for member in Signals}
        return Signals(self.code - 128) if self.code - 128 in known else None


class SandboxBroken(Exception):
    """bubblewrap could not build the sandbox, so the command never started."""

    def __init__(self, said: str) -> None:
        """Takes the last that bubblewrap said."""
        super().__init__(
            "bubblewrap could not isolate a step, so it was not started: "
            f"{said or 'it said nothing'}. See that the builder's disk has space, and that "
            "`bwrap` works on this machine."
        )


class Sandbox:
    """Runs commands that see `profile`, and can write `workspace` alone."""

    def __init__(self, profile: Profile, workspace: Path) -> None:
        """Takes what was found out by `prepare`, and the folder of the run."""
        self._profile = profile
        self._workspace = workspace

    async def run(
        self,
        command: Command,
        *,
        on_output: OnOutput,
        timeout: float,  # noqa: ASYNC109 - ends in an Exit, with what was printed until then
        silence_timeout: float | None = None,
        grace: float = GRACE_SECONDS,
    ) -> Exit:
        """Run one command to its end; when this returns or raises, no process of it is left.

        `on_output` gets standard output and error as one stream, a chunk at a time and in order;
        the command waits while it does not return. A command that takes longer than `timeout`
        seconds, or prints nothing for `silence_timeout`, is interrupted (SIGINT), and killed
        after `grace` seconds. So it is when this is cancelled; a second cancellation kills.

        Raises:
            SandboxBroken: the command could not be started.
            MountRefused: `command.read_only` shows what is hidden.
        """
        loop = asyncio.get_running_loop()
        began, kills_before = loop.time(), _kills_for_memory()
        with self._start(command) as processes:
            watch = Watch(processes, on_output, silence=silence_timeout, grace=grace)
            timer = loop.call_later(timeout, watch.end, Reason.TIMED_OUT)
            minder = Minder(processes, watch, command.room)
            try:
                await watch.follow()
            finally:
                timer.cancel()
                await minder.end()
            code = processes.exit_code
        if code is None:
            raise SandboxBroken(watch.tail.decode(errors="replace").strip())
        reason = minder.reason(code)
        if reason is Reason.EXITED and code == KILLED and _kills_for_memory() > kills_before:
            reason = Reason.OUT_OF_MEMORY
        return Exit(code, reason, loop.time() - began)

    def _start(self, command: Command) -> Processes:
        kept: list[int] = []

        def memory(content: bytes) -> int:
            kept.append(in_memory(content))
            return kept[-1]

        try:
            shown = Shown(command.read_only, command.of_builder, command.layers, command.covered)
            words = options(self._profile, self._workspace, shown=shown, memory=memory)
            for name, value in environment_of(self._profile, command.environment).items():
                words += ["--setenv", name, value]
            words += ["--chdir", command.cwd]
            listed = memory(_separated(words))
            arguments = ["--args", str(listed), "--", *self._limited(command)]
            with on_cpus(command.room):
                return Processes(self._profile.bubblewrap.program, arguments, kept)
        finally:
            for descriptor in kept:
                os.close(descriptor)

    def _limited(self, command: Command) -> list[str]:
        """The command below its limits; a shell sets them, since the builder has threads."""
        limits = self._profile.limits
        largest = command.largest_file or limits.largest_file
        _, allowed = resource.getrlimit(resource.RLIMIT_NOFILE)
        files = limits.open_files if allowed == resource.RLIM_INFINITY else allowed
        numbers = (min(files, limits.open_files), max(1, largest // _BLOCK))
        return ["/bin/sh", "-c", _LIMITED, "sh", *map(str, numbers), *command.argv]


def _separated(words: Sequence[str]) -> bytes:
    """The options as bubblewrap reads them; a NUL in one would make it two."""
    for word in words:
        if "\0" in word:
            raise ValueError("a NUL character may be in no variable and no path of a command")
    return "".join(f"{word}\0" for word in words).encode()


def _kills_for_memory() -> int:
    """How often this kernel has killed a process because memory ran out."""
    with contextlib.suppress(OSError):
        for line in Path("/proc/vmstat").read_text().splitlines():
            if line.startswith("oom_kill "):
                return int(line.split()[1])
    return 0
