"""The second step: the dependencies, as the lock file says."""

import json
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from services.builder.adapters.attempt import Attempt
from services.builder.adapters.frameworks.files import beginning
from services.builder.adapters.frameworks.synthesis import TOOLS
from services.builder.adapters.isolation.profile import Mount
from services.builder.domain import dependencies
from services.builder.domain.dependencies import Install, Level
from services.builder.domain.run import StepFailed
from trellis_contracts.failures import InstallFailed

_WITH_TOOLS = f'PATH="$PATH:{TOOLS}/bin" exec "$@"'
_QUIET = {
    "npm_config_audit": "false",
    "npm_config_fund": "false",
    "npm_config_update_notifier": "false",
    "COREPACK_ENABLE_DOWNLOAD_PROMPT": "0",
}


async def install(attempt: Attempt) -> None:
    """Install what the application asks for; nothing where it asks for nothing.

    Raises:
        StepFailed: with InstallFailed.
        ToolchainUnavailable: its package manager is not to be had.
    """
    wanted = dependencies.install(_levels(attempt))
    if wanted is None:
        await attempt.log.say("Nothing to install: there is no package.json.")
        return
    if wanted.notice:
        await attempt.log.say(wanted.notice)
    where = f" (in {wanted.folder})" if wanted.folder else ""
    await attempt.log.say(f"$ {' '.join(wanted.argv)}{where}")
    ended = await attempt.run(
        ("/bin/sh", "-c", _WITH_TOOLS, "sh", *wanted.argv),
        folder=wanted.folder,
        environment=_QUIET,
        of_builder=await _tools(attempt, wanted),
    )
    if not ended.succeeded:
        raise StepFailed(
            InstallFailed(
                **attempt.ids,
                command=" ".join(wanted.argv),
                exit_code=ended.code,
                tail=attempt.log.tail(),
            )
        )


async def _tools(attempt: Attempt, wanted: Install) -> tuple[Mount, ...]:
    toolchain = wanted.manager.toolchain
    return (Mount(await attempt.toolchain(toolchain), TOOLS),) if toolchain else ()


def _levels(attempt: Attempt) -> list[Level]:
    """The application's folder and those above it, as far as the root of the checkout."""
    own = PurePosixPath(attempt.application_folder)
    folders = ["" if str(one) == "." else str(one) for one in (own, *own.parents)]
    source = attempt.folder.source
    return [level for folder in dict.fromkeys(folders) for level in _level(source, folder)]


def _level(source: Path, folder: str) -> Iterator[Level]:
    """One that leads out of the checkout by a link is none."""
    inside = source / folder
    if not inside.is_dir() or not inside.resolve().is_relative_to(source.resolve()):
        return
    try:
        package = json.loads(beginning(inside / "package.json") or b"{}")
    except ValueError:
        package = {}
    named = package.get("packageManager") if isinstance(package, dict) else None
    yield Level(
        folder,
        frozenset(file.name for file in inside.iterdir()),
        manager=named if isinstance(named, str) else None,
        workspaces=bool(isinstance(package, dict) and package.get("workspaces")),
    )
