"""The dependencies of an application could not be installed."""

from typing import ClassVar

from typing_extensions import override

from trellis_contracts.failing import RunFailure


class InstallFailed(RunFailure):
    """Installing the dependencies ended with an error; `detail` is what the manager said of it."""

    schema_version: ClassVar[int] = 2
    command: str
    exit_code: int
    detail: str | None = None

    @property
    @override
    def sentence(self) -> str:
        said = f" ({self.detail})" if self.detail else ""
        return (
            f"`{self.command}` ended with {self.exit_code}{said}: mend the dependencies "
            "(its last lines say which) and push."
        )


class LockFileTooOld(RunFailure):
    """A lock file was written by a pnpm so old that no pnpm of the builder reads it."""

    file: str
    version: str

    @property
    @override
    def sentence(self) -> str:
        return (
            f"{self.file} has the format {self.version}, and the builder's pnpm reads 6.0 (pnpm 8) "
            "and newer: run `pnpm install` with pnpm 9 or newer, commit the lock file, and push."
        )
