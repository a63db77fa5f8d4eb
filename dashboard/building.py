"""Builds the pages once: `python -m dashboard.building`, which `make dashboard` runs.

With `--lock` it resolves the pages' packages anew, and keeps in `packages` what it found.

Node is needed here alone; what is built is served without it. Bun comes by npm, since Reflex asks
for a newer Node than Debian has, and Bun runs its tools instead.

BuildFailed
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from dashboard.export import PACKAGE, STAMP, WEB, is_fresh, sources_digest

BUN: Final = "1.4.5"
ROOM: Final = PACKAGE.parent / "build" / "dashboard"
PACKAGES: Final = PACKAGE / "packages"
"""Which packages the pages are made of, exactly: npm's and Bun's files, as Reflex wants them."""

_REFLEX_LOCK = "reflex.lock"
_RXCONFIG = '''"""Written by dashboard/building.py."""

from dashboard.config import building_config

config = building_config()
'''


class BuildFailed(Exception):
    """A program of the build ended with a fault; its output was shown."""

    def __init__(self, what: str, code: int) -> None:
        super().__init__(f"The dashboard could not be built: {what} ended with {code}.")


def build(room: Path = ROOM, into: Path = WEB) -> None:
    """Build the pages in a room of their own and put them where they are served from.

    Raises:
        BuildFailed: npm or Reflex could not do it.
    """
    digest = sources_digest()
    tools, site = room / "tools", room / "site"
    for folder in (tools, site):
        folder.mkdir(parents=True, exist_ok=True)
    environment = _environment(tools, room)
    _install_bun(tools, environment)
    _lay_out(site)
    _say("Building the dashboard's pages …")
    export = ["export", "--frontend-only", "--no-zip", "--loglevel", "warning"]
    argv = [sys.executable, "-m", "reflex", *export]
    _run("reflex export", argv, folder=site, environment=environment)
    _put(site / ".web", into)
    (into / STAMP.name).write_text(digest)


def _install_bun(tools: Path, environment: Mapping[str, str]) -> None:
    """Bun is all in its package: what it would run after its installation is not needed."""
    if not (tools / "node_modules" / "bun" / "package.json").exists():
        _say(f"Installing Bun {BUN} by npm (once) …")
        flags = ["--no-audit", "--no-fund", "--silent", "--no-save", "--prefix", str(tools)]
        argv = ["npm", "install", *flags, f"bun@{BUN}"]
        _run("npm install", argv, folder=tools, environment=environment)


def _lay_out(site: Path) -> None:
    """A stale `.web` is worth nothing but its packages, which Reflex keeps itself."""
    (site / "rxconfig.py").write_text(_RXCONFIG)
    shutil.copytree(PACKAGE / "assets", site / "assets", dirs_exist_ok=True)
    shutil.rmtree(site / _REFLEX_LOCK, ignore_errors=True)
    if PACKAGES.is_dir():
        shutil.copytree(PACKAGES, site / _REFLEX_LOCK)


def _put(built: Path, into: Path) -> None:
    shutil.rmtree(into, ignore_errors=True)
    shutil.copytree(built / "build" / "client", into / "build" / "client")
    shutil.copytree(built / "backend", into / "backend")


def _environment(tools: Path, room: Path) -> dict[str, str]:
    """Nothing is told to anybody, nothing is looked for elsewhere, nothing is written to HOME."""
    path = os.pathsep.join([str(tools / "node_modules" / ".bin"), os.environ.get("PATH", "")])
    registry = _npm_registry()
    return {
        **{name: value for name, value in os.environ.items() if "REFLEX_" not in name},
        "PATH": path,
        "PYTHONPATH": str(PACKAGE.parent),
        "REFLEX_USE_SYSTEM_BUN": "true",
        "REFLEX_DIR": str(room / "reflex"),
        "REFLEX_TELEMETRY_ENABLED": "false",
        "REFLEX_CHECK_LATEST_VERSION": "false",
        "NPM_CONFIG_REGISTRY": registry,
    }


def _npm_registry() -> str:
    asked = subprocess.run(
        ["npm", "config", "get", "registry"], capture_output=True, text=True, check=False
    )
    return asked.stdout.strip()


def _run(what: str, argv: list[str], *, folder: Path, environment: Mapping[str, str]) -> None:
    ended = subprocess.run(argv, cwd=folder, env=environment, check=False)
    if ended.returncode:
        raise BuildFailed(what, ended.returncode)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def lock(room: Path = ROOM) -> None:
    """Resolve the packages of the pages anew. Raises BuildFailed."""
    shutil.rmtree(PACKAGES, ignore_errors=True)
    shutil.rmtree(room / "site", ignore_errors=True)
    build(room)
    shutil.copytree(room / "site" / _REFLEX_LOCK, PACKAGES)
    STAMP.write_text(sources_digest())


def main() -> None:
    """Build unless what is there is fresh; end with 1 and a sentence if it cannot be done."""
    try:
        if "--lock" in sys.argv[1:]:
            lock()
        elif not is_fresh():
            build()
    except (BuildFailed, OSError) as failed:
        sys.exit(str(failed))


if __name__ == "__main__":
    main()
