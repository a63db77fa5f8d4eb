"""How an application's dependencies are installed, read off the names of its files."""

from collections.abc import Collection
from dataclasses import dataclass

LOCK_FILES = ("package-lock.json", "npm-shrinkwrap.json")


@dataclass(frozen=True)
class Install:
    """What to run, and what the log says about it first."""

    argv: tuple[str, ...]
    notice: str | None = None


def install(files: Collection[str]) -> Install | None:
    """Choose how to install, or None where there is nothing to install.

    `files` are the names in the application's folder.
    """
    if "package.json" not in files:
        return None
    if any(lock in files for lock in LOCK_FILES):
        return Install(("npm", "ci"))
    return Install(
        ("npm", "install", "--no-save", "--no-package-lock"),
        "There is no package-lock.json: this build cannot be repeated exactly. "
        "Commit one to get the same dependencies every time.",
    )
