"""What an installation depends on, read from a hostile checkout: its digest names the result.

NothingKept
"""

import hashlib
import json
import os
import platform
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from services.builder.adapters.dependencies.copies import copied
from services.builder.adapters.dependencies.workspaces import members
from services.builder.adapters.frameworks.files import beginning
from services.builder.domain.dependencies import Install

_NAMES = {
    "package.json",
    "package-lock.json",
    "npm-shrinkwrap.json",
    "pnpm-lock.yaml",
    "pnpm-workspace.yaml",
    ".pnpmfile.cjs",
    "yarn.lock",
    "bun.lock",
    "bun.lockb",
    "bunfig.toml",
    ".npmrc",
    ".yarnrc",
    ".yarnrc.yml",
}
_ENDINGS = (".patch", ".prisma")
"""Patches change what is installed, and Prisma's install script reads the schema."""
_NEVER = {"node_modules", ".git"}
_OWN_SCRIPTS = ("preinstall", "install", "postinstall", "prepublish", "prepare")
MOST_FILES = 2_000
LARGEST_LOCK = 64 << 20


class NothingKept(Exception):
    """What comes of this installation has no name that holds; the message says why."""


@dataclass(frozen=True, slots=True)
class Inputs:
    """The digest of everything that an installation depends on, and the packages it is for.

    `folders` are those of the checkout with a package.json, which may get a `node_modules`;
    `scripts` the lifecycle scripts of the root and of its workspaces, by folder, in npm's order.
    """

    digest: str
    folders: tuple[str, ...]
    scripts: Mapping[str, tuple[str, ...]]


def read_inputs(source: Path, install: Install, *, circumstances: Sequence[str]) -> Inputs:
    """Read the files below the folder that is installed.

    `circumstances` are what it depends on beside files: for whom, with which programs and
    variables.

    Raises:
        NothingKept: more files have a say than are read, or it copies folders of the repository.
    """
    digest = hashlib.sha256()
    for word in (*circumstances, platform.machine(), *install.argv, install.folder):
        digest.update(f"{len(word)}:{word}".encode(errors="surrogateescape"))
    packages = dict[str, bytes]()
    for path in _paths(source, install):
        content, start = _whole(source / path)
        digest.update(f"{path}:{len(content)}:".encode(errors="surrogateescape") + content)
        folder, _, name = path.rpartition("/")
        if name == "package.json":
            packages[folder] = start
    of_application = {one: packages[one] for one in members(source, install, packages)}
    _see_that_nothing_is_copied(source, install, of_application.values())
    own = {folder: _own_scripts(package) for folder, package in of_application.items()}
    scripts = {folder: names for folder, names in own.items() if names}
    return Inputs(digest.hexdigest(), tuple(packages), scripts)


def _paths(source: Path, install: Install) -> list[str]:
    paths = list(islice(_files(source, install.folder), MOST_FILES + 1))
    if len(paths) > MOST_FILES:
        raise NothingKept(
            f"More than {MOST_FILES} files say what is installed: "
            "nothing of it is kept for the next run."
        )
    return paths


def _see_that_nothing_is_copied(source: Path, install: Install, packages: Iterable[bytes]) -> None:
    lock = source / install.folder / install.lock if install.lock else None
    text = beginning(lock, most=LARGEST_LOCK) if lock else b""
    if found := copied(install.installer, text, packages):
        raise NothingKept(
            f"{found} of the repository is copied into node_modules: nothing is kept for the next "
            "run, which may have other files there. A workspace would be linked, and kept."
        )


def _files(source: Path, folder: str) -> Iterator[str]:
    """The files that matter, by their path below the checkout; links are not followed."""
    for root, folders, names in os.walk(source / folder):
        folders[:] = sorted(
            name for name in folders if name not in _NEVER and not Path(root, name).is_symlink()
        )
        for name in sorted(names):
            if name in _NAMES or name.endswith(_ENDINGS):
                yield str(Path(root, name).relative_to(source))


def _whole(file: Path) -> tuple[bytes, bytes]:
    """A plain file's digest with its beginning, and that alone: a lock file has megabytes."""
    if file.is_symlink():
        return b"", b""
    try:
        with file.open("rb") as content:
            start = beginning(file)
            return hashlib.file_digest(content, "sha256").digest() + start, start
    except OSError:
        return b"", b""


def _own_scripts(content: bytes) -> tuple[str, ...]:
    try:
        scripts = json.loads(content).get("scripts", {})
        return tuple(name for name in _OWN_SCRIPTS if name in scripts)
    except (ValueError, AttributeError, TypeError, RecursionError):
        return ()
