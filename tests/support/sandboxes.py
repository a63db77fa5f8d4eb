"""A sandbox whose output is kept, for tests that run shell scripts in it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from services.builder.adapters.isolation.profile import Mount, Profile
from services.builder.adapters.isolation.sandbox import Command, Exit, Sandbox
from services.builder.adapters.isolation.watch import OnOutput


@dataclass
class Boxed:
    """Runs scripts in one run's sandbox; `output` is all that the last one printed."""

    sandbox: Sandbox
    folder: Path
    output: bytes = b""

    @property
    def text(self) -> str:
        return self.output.decode()

    async def keep(self, chunk: bytes) -> None:
        self.output += chunk

    async def run(
        self,
        argv: tuple[str, ...],
        *,
        environment: Mapping[str, str] | None = None,
        of_builder: tuple[Mount, ...] = (),
        timeout: float = 60,  # noqa: ASYNC109 - what `Sandbox.run` takes
    ) -> Exit:
        """Run a program to its end."""
        self.output = b""
        command = Command(argv, environment=environment or {}, of_builder=of_builder)
        return await self.sandbox.run(command, on_output=self.keep, timeout=timeout)

    async def sh(
        self,
        script: str,
        *,
        environment: Mapping[str, str] | None = None,
        read_only: tuple[Mount, ...] = (),
        timeout: float = 60,  # noqa: ASYNC109 - what `Sandbox.run` takes
        silence_timeout: float | None = None,
        grace: float = 10,
        on_output: OnOutput | None = None,
    ) -> Exit:
        """Run a script of /bin/sh to its end; `on_output` takes the output instead of `output`."""
        self.output = b""
        command = Command(
            ("/bin/sh", "-c", script), environment=environment or {}, read_only=read_only
        )
        return await self.sandbox.run(
            command,
            on_output=on_output or self.keep,
            timeout=timeout,
            silence_timeout=silence_timeout,
            grace=grace,
        )

    async def ask(self, script: str) -> str:
        """What a script prints; an assertion fails when it does not end with 0."""
        ended = await self.sh(script)
        assert ended.succeeded, self.output
        return self.text.strip()


def boxed(profile: Profile, folder: Path) -> Boxed:
    """Make a run's folder and a sandbox over it."""
    for name in ("source", "cache"):
        (folder / name).mkdir(parents=True)
    return Boxed(Sandbox(profile, folder), folder)
