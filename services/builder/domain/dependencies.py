"""How an application's dependencies are installed, read off the names of its files."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum


class Installer(StrEnum):
    """A package manager, by the toolchain of the builder that brings it; npm comes with node."""

    NPM = "npm"
    PNPM = "pnpm"
    YARN = "yarn"
    YARN_BERRY = "yarn-berry"
    BUN = "bun"

    @property
    def toolchain(self) -> str | None:
        """The toolchain that holds it, None for npm."""
        return None if self is Installer.NPM else self.value

    def script(self, name: str) -> tuple[str, ...]:
        """Give what runs a script of a package.json: by the manager that ran it at the install."""
        return (self.value.partition("-")[0], "run", name)


LOCK_FILES: Mapping[str, Installer] = {
    "package-lock.json": Installer.NPM,
    "npm-shrinkwrap.json": Installer.NPM,
    "pnpm-lock.yaml": Installer.PNPM,
    "yarn.lock": Installer.YARN,
    "bun.lock": Installer.BUN,
    "bun.lockb": Installer.BUN,
}

_FROZEN: Mapping[Installer, tuple[str, ...]] = {
    Installer.NPM: ("npm", "ci"),
    Installer.PNPM: ("pnpm", "install", "--frozen-lockfile"),
    Installer.YARN: ("yarn", "install", "--frozen-lockfile", "--non-interactive"),
    Installer.YARN_BERRY: ("yarn", "install", "--immutable"),
    Installer.BUN: ("bun", "install", "--frozen-lockfile"),
}
_FREE: Mapping[Installer, tuple[str, ...]] = {
    Installer.NPM: ("npm", "install", "--no-save", "--no-package-lock"),
    Installer.PNPM: ("pnpm", "install", "--no-lockfile"),
    Installer.YARN: ("yarn", "install", "--no-lockfile", "--non-interactive"),
    Installer.YARN_BERRY: ("yarn", "install", "--no-immutable"),
    Installer.BUN: ("bun", "install", "--no-save"),
}
_NO_LOCK = (
    "There is no lock file: this build cannot be repeated exactly. "
    "Commit one to get the same dependencies every time."
)


@dataclass(frozen=True)
class Level:
    """A folder of the checkout, from the application's own up to the root.

    `manager` is what its package.json names as `packageManager` (`pnpm@9.1.0`); `workspaces` says
    that it installs for folders below it as well.
    """

    folder: str
    files: frozenset[str]
    manager: str | None = None
    workspaces: bool = False

    @property
    def installs_below(self) -> bool:
        """Whether its lock file is that of the folders below it, too."""
        return self.workspaces or "pnpm-workspace.yaml" in self.files


@dataclass(frozen=True)
class Install:
    """What to run, where, with which manager, and what the log says about it first.

    `lock` is the lock file that says what is installed, None where nothing does.
    """

    argv: tuple[str, ...]
    folder: str
    installer: Installer
    lock: str | None = None
    notice: str | None = None


def install(levels: Sequence[Level]) -> Install | None:
    """Choose how to install, or None where there is nothing to install.

    `levels` begin with the application's own folder. The lock file of its own folder decides, or
    that of one above it which has workspaces, or when nothing below it has a package.json.
    """
    own: Level | None = None
    for level in levels:
        if "package.json" not in level.files:
            continue
        if (own is None or level.installs_below) and (lock := _lock(level)):
            installer = _of_lock(lock, level)
            return Install(_FROZEN[installer], level.folder, installer, lock)
        own = own or level
    if own is None:
        return None
    top = next((level for level in reversed(levels) if level.installs_below), own)
    installer = _named(top) or (Installer.PNPM if _only_pnpm(top) else Installer.NPM)
    return Install(_FREE[installer], top.folder, installer, notice=_NO_LOCK)


def locked_by_npm(wanted: Install) -> Install:
    """Install what npm has just resolved, and written into a lock file of this run's own."""
    return replace(wanted, argv=_FROZEN[Installer.NPM], lock="package-lock.json", notice=None)


def _lock(level: Level) -> str | None:
    return next((name for name in LOCK_FILES if name in level.files), None)


def _of_lock(lock: str, level: Level) -> Installer:
    """yarn.lock is written by two programs that do not read each other's."""
    berry = ".yarnrc.yml" in level.files or _named(level) is Installer.YARN_BERRY
    return Installer.YARN_BERRY if lock == "yarn.lock" and berry else LOCK_FILES[lock]


def _named(level: Level) -> Installer | None:
    name, _, version = (level.manager or "").partition("@")
    if name == "yarn":
        return Installer.YARN if version.startswith("1.") else Installer.YARN_BERRY
    return Installer(name) if name in ("npm", "pnpm", "bun") else None


def _only_pnpm(level: Level) -> bool:
    """A workspace that pnpm alone can read; with `workspaces` in package.json any can."""
    return "pnpm-workspace.yaml" in level.files and not level.workspaces
