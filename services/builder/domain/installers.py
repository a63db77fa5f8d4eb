"""The package managers that install, and what each is told with a lock file and without."""

from collections.abc import Mapping
from enum import StrEnum


class Installer(StrEnum):
    """A package manager, by the toolchain of the builder that brings it; npm comes with node."""

    NPM = "npm"
    PNPM = "pnpm"
    PNPM_9 = "pnpm-9"
    YARN = "yarn"
    YARN_BERRY = "yarn-berry"
    BUN = "bun"

    @property
    def toolchain(self) -> str | None:
        """The toolchain that holds it, None for npm."""
        return None if self is Installer.NPM else self.value

    @property
    def program(self) -> str:
        """What is typed to run it."""
        return self.value.partition("-")[0]

    def script(self, name: str) -> tuple[str, ...]:
        """Give what runs a script of a package.json: by the manager that ran it at the install."""
        return (self.program, "run", name)


LOCK_FILES: Mapping[str, Installer] = {
    "package-lock.json": Installer.NPM,
    "npm-shrinkwrap.json": Installer.NPM,
    "pnpm-lock.yaml": Installer.PNPM,
    "yarn.lock": Installer.YARN,
    "bun.lock": Installer.BUN,
    "bun.lockb": Installer.BUN,
}

FROZEN: Mapping[Installer, tuple[str, ...]] = {
    Installer.NPM: ("npm", "ci"),
    Installer.PNPM: ("pnpm", "install", "--frozen-lockfile"),
    Installer.PNPM_9: ("pnpm", "install", "--frozen-lockfile"),
    Installer.YARN: ("yarn", "install", "--frozen-lockfile", "--non-interactive"),
    Installer.YARN_BERRY: ("yarn", "install", "--immutable"),
    Installer.BUN: ("bun", "install", "--frozen-lockfile"),
}
FREE: Mapping[Installer, tuple[str, ...]] = {
    Installer.NPM: ("npm", "install"),
    Installer.PNPM: ("pnpm", "install", "--no-lockfile"),
    Installer.PNPM_9: ("pnpm", "install", "--no-lockfile"),
    Installer.YARN: ("yarn", "install", "--no-lockfile", "--non-interactive"),
    Installer.YARN_BERRY: ("yarn", "install", "--no-immutable"),
    Installer.BUN: ("bun", "install", "--no-save"),
}
