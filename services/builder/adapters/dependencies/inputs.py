"""What an installation depends on, read from a hostile checkout: its digest names the result."""

import hashlib
import json
import os
import platform
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

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
_MOST_FILES = 2_000


@dataclass(frozen=True, slots=True)
class Inputs:
    """The digest of everything that an installation depends on, and the packages it is for.

    `folders` are those of the checkout with a package.json, which may get a `node_modules`;
    `scripts` the lifecycle scripts of the application's own, by folder, in npm's order.
    """

    digest: str
    folders: tuple[str, ...]
    scripts: Mapping[str, tuple[str, ...]]


def read_inputs(source: Path, install: Install, *, circumstances: Sequence[str]) -> Inputs:
    """Read the files below the folder that is installed.

    `circumstances` are what it depends on beside files: for whom, with which programs and
    variables.
    """
    digest = hashlib.sha256()
    for word in (*circumstances, platform.machine(), *install.argv, install.folder):
        digest.update(f"{len(word)}:{word}".encode(errors="surrogateescape"))
    folders, scripts = list[str](), dict[str, tuple[str, ...]]()
    for path in _files(source, install.folder):
        content = _whole(source / path)
        digest.update(f"{path}:{len(content)}:".encode(errors="surrogateescape") + content)
        if path.rpartition("/")[2] == "package.json":
            folder = path.rpartition("/")[0]
            folders.append(folder)
            if own := _own_scripts(content):
                scripts[folder] = own
    return Inputs(digest.hexdigest(), tuple(folders), scripts)


def _files(source: Path, folder: str) -> Iterator[str]:
    """The files that matter, by their path below the checkout; links are not followed."""
    found = 0
    for root, folders, names in os.walk(source / folder):
        folders[:] = sorted(
            name for name in folders if name not in _NEVER and not Path(root, name).is_symlink()
        )
        for name in sorted(names):
            if name in _NAMES or name.endswith(_ENDINGS):
                found += 1
                if found > _MOST_FILES:
                    return
                yield str(Path(root, name).relative_to(source))


def _whole(file: Path) -> bytes:
    """A plain file's digest where it is large: a lock file has megabytes."""
    if file.is_symlink():
        return b""
    try:
        with file.open("rb") as content:
            return hashlib.file_digest(content, "sha256").digest() + beginning(file)
    except OSError:
        return b""


def _own_scripts(content: bytes) -> tuple[str, ...]:
    try:
        package = json.loads(content[hashlib.sha256().digest_size :])
        scripts = package.get("scripts", {})
        return tuple(name for name in _OWN_SCRIPTS if name in scripts)
    except (ValueError, AttributeError, TypeError):
        return ()
