"""Runs a framework's own command line on the application, where it lies."""

import json
import os
import re
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from services.builder.adapters.frameworks.synthesiser.absent import without_docker
from services.builder.adapters.frameworks.synthesiser.problems import NotPossible


def run(
    argv: Sequence[str], environment: Mapping[str, str], *, root: Path, tools: Path | None = None
) -> int:
    """Run a program of the application's or ours, its output in the log; give its exit status.

    Programs that the application does not bring are found in `tools`, by `npx` too.
    """
    shown = " ".join([Path(argv[0]).name, *argv[1:]])
    print(f"$ {shown}", flush=True)  # noqa: T201 - the step's log
    given = {**os.environ, **environment, "npm_config_yes": "true"}
    if tools:
        given |= for_npx(tools)
    with without_docker() as absent:
        given["PATH"] = f"{absent}:{_path(root, tools)}"
        return subprocess.run(argv, env=given, stdin=subprocess.DEVNULL, check=False).returncode


def for_npx(tools: Path) -> dict[str, str]:
    """Let `npx` find what is in `tools`, as if it were installed globally.

    npm's global settings, which may name the registry, stay where they are.
    """
    asked = ["npm", "config", "get", "globalconfig"]
    said = subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip()
    return {"npm_config_prefix": str(tools), **({"npm_config_globalconfig": said} if said else {})}


def above(root: Path) -> Iterator[Path]:
    """The application's folder, and those above it as far as the repository's root."""
    here = Path.cwd()
    yield here
    for folder in here.parents:
        if not folder.is_relative_to(root):
            return
        yield folder


def read_object(file: Path) -> dict[str, Any]:
    """Give what a JSON file holds; nothing where it is not there, or holds no object."""
    try:
        content = json.loads(file.read_text(encoding="utf-8", errors="replace"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def installed(package: str, root: Path) -> Path | None:
    """Give the folder of a package that the application has installed, None where it has not."""
    found = (folder / "node_modules" / package for folder in above(root))
    return next((folder for folder in found if (folder / "package.json").is_file()), None)


def version_of(package: Path) -> str:
    """Give the version that an installed package says it has."""
    try:
        return str(json.loads((package / "package.json").read_text(encoding="utf-8"))["version"])
    except (OSError, ValueError, KeyError):
        raise NotPossible(f"{package.name} is installed, but says no version.") from None


def as_numbers(version: str) -> tuple[int, ...]:
    """Give a version as numbers that can be compared: 2.10 is newer than 2.9."""
    return tuple(int(number) for number in re.findall(r"\d+", version.partition("-")[0])[:3])


def _path(root: Path, tools: Path | None) -> str:
    """The application's own programs come first, ours last."""
    own = [str(folder / "node_modules" / ".bin") for folder in above(root)]
    ours = [str(tools / "bin")] if tools else []
    return ":".join([*own, os.environ.get("PATH", ""), *ours])
