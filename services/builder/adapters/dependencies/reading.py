"""Reads the folders from the application's own up to the root, of a hostile checkout."""

import json
import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from services.builder.adapters.frameworks.files import beginning
from services.builder.domain.levels import Level

_LOCK_FORMAT = re.compile(rb"^lockfileVersion:\s*['\"]?(\d{1,3}(?:\.\d{1,3})?)", re.MULTILINE)
_LINKER = re.compile(rb"^nodeLinker:\s*['\"]?([\w-]+)", re.MULTILINE)


def read_levels(source: Path, application_folder: str) -> list[Level]:
    """Read the application's folder and those above it, as far as the root of the checkout."""
    own = PurePosixPath(application_folder)
    folders = ["" if str(one) == "." else str(one) for one in (own, *own.parents)]
    return [level for folder in dict.fromkeys(folders) for level in _level(source, folder)]


def _level(source: Path, folder: str) -> Iterator[Level]:
    """One that leads out of the checkout by a link is none."""
    inside = source / folder
    if not inside.is_dir() or not inside.resolve().is_relative_to(source.resolve()):
        return
    try:
        package = json.loads(beginning(inside / "package.json") or b"{}")
    except (ValueError, RecursionError):
        package = {}
    named = package.get("packageManager") if isinstance(package, dict) else None
    yield Level(
        folder,
        frozenset(file.name for file in inside.iterdir()),
        manager=named if isinstance(named, str) else None,
        workspaces=bool(isinstance(package, dict) and package.get("workspaces")),
        lock_format=_found(_LOCK_FORMAT, inside / "pnpm-lock.yaml"),
        linker=_found(_LINKER, inside / ".yarnrc.yml"),
    )


def _found(pattern: re.Pattern[bytes], file: Path) -> str | None:
    found = pattern.search(beginning(file))
    return found[1].decode() if found else None
