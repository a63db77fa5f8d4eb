"""Which lock file of a folder is taken, and which package manager reads it.

LockFileUnread
"""

from dataclasses import dataclass

from services.builder.domain.installers import LOCK_FILES, Installer

_OLDEST_FORMAT, _LAST_OF_PNPM_9 = 6, 6
_BEFORE_PNPM_10 = ("7.", "8.", "9.")
"""These run the install scripts of dependencies, which pnpm 10 does when it is told to."""


class LockFileUnread(Exception):
    """No package manager of the builder reads a lock file of this format."""

    def __init__(self, file: str, version: str) -> None:
        self.file = file
        self.version = version
        super().__init__(f"{file} has the format {version}")


@dataclass(frozen=True)
class Level:
    """A folder of the checkout, from the application's own up to the root.

    `manager` is what its package.json names as `packageManager` (`pnpm@9.1.0`); `workspaces` says
    that it installs for folders below it as well. `lock_format` is that of its pnpm-lock.yaml,
    `linker` what its .yarnrc.yml has as `nodeLinker`.
    """

    folder: str
    files: frozenset[str]
    manager: str | None = None
    workspaces: bool = False
    lock_format: str | None = None
    linker: str | None = None

    @property
    def program(self) -> str:
        """The manager that package.json names, without its version; empty if it names none."""
        return (self.manager or "").partition("@")[0]

    @property
    def installs_below(self) -> bool:
        """Whether its lock file is that of the folders below it, too."""
        return self.workspaces or "pnpm-workspace.yaml" in self.files


def locks_of(level: Level) -> list[str]:
    """Those that lie there, first what `packageManager` reads."""
    there = [name for name in LOCK_FILES if name in level.files]
    return sorted(there, key=lambda name: LOCK_FILES[name].program != level.program)


def installer_of(lock: str, level: Level) -> Installer:
    """yarn.lock is written by two programs that do not read each other's, pnpm's by several."""
    if lock == "pnpm-lock.yaml":
        return _of_format(level.lock_format or "9.0", level)
    berry = ".yarnrc.yml" in level.files or named(level) is Installer.YARN_BERRY
    return Installer.YARN_BERRY if lock == "yarn.lock" and berry else LOCK_FILES[lock]


def _of_format(version: str, level: Level) -> Installer:
    """What pnpm 8 wrote (6.0), pnpm 9 is the last to read; what came before that, none does."""
    major = int(version.partition(".")[0])
    if major < _OLDEST_FORMAT:
        raise LockFileUnread("/".join(filter(None, (level.folder, "pnpm-lock.yaml"))), version)
    older = major <= _LAST_OF_PNPM_9 or named(level) is Installer.PNPM_9
    return Installer.PNPM_9 if older else Installer.PNPM


def named(level: Level) -> Installer | None:
    """Give the one that package.json names."""
    name, _, version = (level.manager or "").partition("@")
    if name == "yarn":
        return Installer.YARN if version.startswith("1.") else Installer.YARN_BERRY
    if name == "pnpm" and version.startswith(_BEFORE_PNPM_10):
        return Installer.PNPM_9
    return Installer(name) if name in ("npm", "pnpm", "bun") else None


def only_pnpm(level: Level) -> bool:
    """A workspace that pnpm alone can read; with `workspaces` in package.json any can."""
    return "pnpm-workspace.yaml" in level.files and not level.workspaces
