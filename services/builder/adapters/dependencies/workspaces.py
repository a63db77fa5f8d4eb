"""Which folders a package manager installs for: the root's, and those of its workspaces.

A package.json of an example or a fixture below the root belongs to neither, and is let be.
"""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import yaml

from services.builder.adapters.frameworks.files import beginning
from services.builder.domain.dependencies import Install
from services.builder.domain.installers import Installer

_PNPM_WORKSPACE = "pnpm-workspace.yaml"
_MOST_PATTERNS = 200
_BRACES = re.compile(r"\{([^{}]*)\}")
_ANY_DEPTH = "**"


def members(source: Path, install: Install, folders: Iterable[str]) -> tuple[str, ...]:
    """Give those of the folders, by their path below the checkout, that are installed for."""
    wanted, unwanted = _patterns(source / install.folder, install.installer)
    return tuple(
        folder
        for folder in folders
        if not (parts := _below(folder, install.folder))
        or (_one_fits(parts, wanted) and not _one_fits(parts, unwanted))
    )


def _below(folder: str, root: str) -> Sequence[str]:
    return Path(folder).relative_to(root).parts


def _patterns(root: Path, installer: Installer) -> tuple[list[str], list[str]]:
    """What the workspaces are, and what they are not."""
    wanted, unwanted = list[str](), list[str]()
    for written in _written(root, installer):
        kind = unwanted if written.startswith("!") else wanted
        kind.extend(_without_braces(written.removeprefix("!")))
    return wanted[:_MOST_PATTERNS], unwanted[:_MOST_PATTERNS]


def _written(root: Path, installer: Installer) -> list[str]:
    """Read the patterns where the manager looks for them: pnpm has a file of its own."""
    try:
        if installer.program == "pnpm":
            text = beginning(root / _PNPM_WORKSPACE)
            found = _get(yaml.load(text, yaml.BaseLoader), "packages")  # noqa: S506 - makes strings alone
        else:
            found = _get(json.loads(beginning(root / "package.json")), "workspaces")
            found = _get(found, "packages") if isinstance(found, dict) else found
    except (ValueError, yaml.YAMLError, RecursionError):
        return []
    return [one for one in found or () if isinstance(one, str)][:_MOST_PATTERNS]


def _get(document: Any, name: str) -> Any:  # noqa: ANN401 - a document of the application's
    found = document.get(name) if isinstance(document, dict) else None
    return found if isinstance(found, list | dict) else None


def _without_braces(pattern: str) -> Iterator[str]:
    """Write `{a,b}` out, as far as the limit goes."""
    waiting = [pattern]
    for _ in range(_MOST_PATTERNS):
        if not waiting:
            return
        one = waiting.pop()
        braces = _BRACES.search(one)
        if braces is None:
            yield one
            continue
        start, end = braces.span()
        waiting.extend(one[:start] + word + one[end:] for word in braces[1].split(","))


def _one_fits(parts: Sequence[str], patterns: Iterable[str]) -> bool:
    return any(
        _fits(parts, [p for p in pattern.split("/") if p not in ("", ".")]) for pattern in patterns
    )


def _fits(parts: Sequence[str], pattern: Sequence[str]) -> bool:
    """Follow all readings of `**` at once: whoever wrote the pattern chooses how many there are."""
    places = _skipping({0}, pattern)
    for part in parts:
        places = _skipping(set(_after(part, places, pattern)), pattern)
    return len(pattern) in places


def _after(part: str, places: Iterable[int], pattern: Sequence[str]) -> Iterator[int]:
    for place in places:
        if place < len(pattern) and pattern[place] == _ANY_DEPTH:
            yield place
        elif place < len(pattern) and fnmatchcase(part, pattern[place]):
            yield place + 1


def _skipping(places: set[int], pattern: Sequence[str]) -> set[int]:
    """Where `**` stands for nothing, what follows it is reached, too."""
    for place, word in enumerate(pattern):
        if place in places and word == _ANY_DEPTH:
            places.add(place + 1)
    return places
