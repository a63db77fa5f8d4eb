"""Which installed packages have scripts of their own to run, read off npm's lock file."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

from services.builder.adapters.dependencies.inputs import LARGEST_LOCK
from services.builder.adapters.dependencies.store import TREE
from services.builder.adapters.frameworks.files import beginning

_NAME = re.compile(r"(?:@[A-Za-z0-9~][\w.~-]*/)?[A-Za-z0-9~_][\w.~-]*")


def packages_with_scripts(folder: Path) -> tuple[str, ...]:
    """Name the packages, as `npm rebuild` takes them; workspaces and links are none of them.

    A lock file that cannot be read names none. What is no name could be taken for an option, and
    is left out.
    """
    try:
        lock = json.loads(beginning(folder / "package-lock.json", most=LARGEST_LOCK))
        return tuple(sorted(set(_names(lock["packages"]))))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return ()


def _names(packages: dict[str, dict[str, object]]) -> Iterator[str]:
    for path, package in packages.items():
        _, inside, name = path.rpartition(f"{TREE}/")
        if inside and package.get("hasInstallScript") is True and _NAME.fullmatch(name):
            yield name
