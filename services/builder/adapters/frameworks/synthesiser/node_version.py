"""What an application says of the node that it wants, for a failure to tell that it got another.

Only majors are compared: there is one node on a builder, and most run with any that is new enough.
"""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

from services.builder.adapters.frameworks.synthesiser import toolkit

_EXACT = (".nvmrc", ".node-version")
_MAJOR = re.compile(r"\s*(?:[~^=v\s]|>=)*(\d+)")
"""The first number of `v22`, `^20.1` or `>=22.18`; a name (`lts/*`) has none."""


def hint_of_node(root: Path) -> str:
    """Say which node is asked for and which there is, where they differ by their major."""
    said = subprocess.run(["node", "--version"], capture_output=True, text=True, check=False)
    ours = said.stdout.strip().removeprefix("v")
    for folder in toolkit.above(root):
        for file, asked, exact in _asked(folder):
            major, got = _major(asked), _major(ours)
            if major and got and (major > got or (exact and major != got)):
                return f"{file} asks for node {asked[:20]}, and this builder has {ours}."
    return ""


def _asked(folder: Path) -> Iterator[tuple[str, str, bool]]:
    """The file, what it asks for, and whether it means that one alone."""
    for name in _EXACT:
        if text := _read(folder / name).strip():
            yield name, text.splitlines()[0], True
    engines = toolkit.read_object(folder / "package.json").get("engines")
    if isinstance(engines, dict) and isinstance(engines.get("node"), str):
        yield "package.json", engines["node"], False


def _major(version: str) -> int | None:
    found = _MAJOR.match(version)
    return int(found[1]) if found else None


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
