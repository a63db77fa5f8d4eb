"""How somebody installs an application who looks at its lock file: told apart from Trellis's way.

`install` of the domain is not asked, so that a wrong choice of its is seen.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

_BY_LOCK = {
    "package-lock.json": ("npm", "ci", "--no-audit", "--no-fund"),
    "npm-shrinkwrap.json": ("npm", "ci", "--no-audit", "--no-fund"),
    "pnpm-lock.yaml": ("pnpm", "install", "--frozen-lockfile"),
    "yarn.lock": ("yarn", "install", "--frozen-lockfile"),
    "bun.lock": ("bun", "install", "--frozen-lockfile"),
    "bun.lockb": ("bun", "install", "--frozen-lockfile"),
}
_BERRY = ("yarn", "install", "--immutable")
_NO_LOCK = ("npm", "install", "--no-audit", "--no-fund")


@dataclass(frozen=True)
class Typed:
    """A command, the folder of the checkout it is typed in, and the toolchain that brings it."""

    argv: tuple[str, ...]
    folder: str
    toolchain: str | None = None


def by_lock(source: Path, folder: str) -> Typed:
    """By the lock file of the application's folder, or the nearest one above it; else npm."""
    for level in _levels(folder):
        for lock, argv in _BY_LOCK.items():
            if (source / level / lock).is_file():
                return _typed(source, level, argv)
    return Typed(_NO_LOCK, folder)


def _typed(source: Path, folder: str, argv: tuple[str, ...]) -> Typed:
    if argv[0] == "yarn" and (source / folder / ".yarnrc.yml").is_file():
        return Typed(_BERRY, folder, "yarn-berry")
    return Typed(argv, folder, None if argv[0] == "npm" else argv[0])


def _levels(folder: str) -> Iterator[str]:
    own = PurePosixPath(folder)
    for level in (own, *own.parents):
        yield "" if str(level) == "." else str(level)
