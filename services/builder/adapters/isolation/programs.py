"""Node and npm, wherever they live: below /usr, or a version manager's folder in a home."""

import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from services.builder.adapters.isolation.profile import Mount

_PLACE = "/opt/node"
_SECONDS = 20


@dataclass(frozen=True, slots=True)
class Programs:
    """What has to be mounted, linked and added to the PATH so that a step finds its programs."""

    mounts: tuple[Mount, ...] = ()
    links: tuple[tuple[str, str], ...] = ()
    path: tuple[str, ...] = ()


def find_node(environ: Mapping[str, str]) -> Programs:
    """Where node is; nothing when it lies below /usr, or when this machine has none.

    Of a node elsewhere, its program and its modules (npm) are shown, never the folder that they
    lie in: that may be a home, or the environment that Trellis itself runs from.
    """
    found = shutil.which("node", path=environ.get("PATH"))
    program = _itself(found, environ) if found else None
    if program is None:
        return Programs()
    if program.is_relative_to("/usr"):
        return Programs(path=(str(program.parent),))
    return _shown(program)


def _itself(node: str, environ: Mapping[str, str]) -> Path | None:
    """The program behind the shim of a version manager."""
    variables = {name: environ[name] for name in ("PATH", "HOME") if name in environ}
    outcome = subprocess.run(
        [node, "-p", "process.execPath"],
        env=variables,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=_SECONDS,
        check=False,
    )
    said = outcome.stdout.decode(errors="replace").strip()
    return Path(said).resolve() if outcome.returncode == 0 and said.startswith("/") else None


def _shown(program: Path) -> Programs:
    modules = program.parent.parent / "lib" / "node_modules"
    mounts = [Mount(program, f"{_PLACE}/bin/node")]
    links = []
    if (modules / "npm").is_dir():
        mounts.append(Mount(modules, f"{_PLACE}/lib/node_modules"))
        links = [
            (f"../lib/node_modules/npm/bin/{name}-cli.js", f"{_PLACE}/bin/{name}")
            for name in ("npm", "npx")
        ]
    return Programs(tuple(mounts), tuple(links), (f"{_PLACE}/bin",))
