"""Whether a CDK application is to be built before it is synthesised: its program is not there yet.

What is written in TypeScript and run as JavaScript (`"app": "node bin/shop.js"`) needs its script
`build` first. `cdk.json` has a name for that, which many do not know: `build`.
"""

import itertools
import shlex
from pathlib import Path
from typing import Any

from services.builder.adapters.frameworks.synthesiser import toolkit

_BUILD = "npm run build"
_ENDINGS = ("", ".js", ".mjs", ".cjs", "/index.js")
_NODE = "node"
_WITH_A_WORD = ("-r", "--require", "--import", "--loader", "--experimental-loader", "--env-file")
"""Options of node's that the word after them belongs to."""


def building(root: Path) -> tuple[str, ...]:
    """Give what tells CDK's CLI to build first: nothing where all is there, or nothing can be."""
    program = _program(str(_settings().get("app", "")))
    if program is None or _is_there(program) or not _could_build(root):
        return ()
    print(f"{program} is not in the repository: `{_BUILD}` comes first.", flush=True)  # noqa: T201 - the step's log
    return ("--build", _BUILD)


def hint_to_build(root: Path) -> str:
    """Say how what a script makes is made before, where there is a script and nobody runs it."""
    if not _could_build(root):
        return ""
    return (
        f'If it misses what `{_BUILD}` makes, let cdk.json say so: `"build": "{_BUILD}"` '
        "beside `app`."
    )


def _could_build(root: Path) -> bool:
    """Whether there is a script, and cdk.json does not say itself what builds."""
    if _settings().get("build"):
        return False
    packages = (folder / "package.json" for folder in toolkit.above(root))
    nearest = next((package for package in packages if package.is_file()), None)
    scripts = toolkit.read_object(nearest).get("scripts") if nearest else None
    return isinstance(scripts, dict) and "build" in scripts


def _program(app: str) -> str | None:
    """The file that node runs, as `app` has it: the first word that is not for node itself."""
    try:
        words = shlex.split(app)
    except ValueError:
        return None
    if words[:1] != [_NODE]:
        return None
    named = (word for before, word in itertools.pairwise(words) if before not in _WITH_A_WORD)
    return next((word for word in named if not word.startswith("-")), None)


def _is_there(program: str) -> bool:
    return any(Path(f"{program}{ending}").is_file() for ending in _ENDINGS)


def _settings() -> dict[str, Any]:
    return toolkit.read_object(Path("cdk.json"))
