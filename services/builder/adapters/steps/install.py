"""The second step: the dependencies, as the lock file says; from the store, if they are there."""

import asyncio
import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path, PurePosixPath

from services.builder.adapters.attempt import Attempt
from services.builder.adapters.dependencies.inputs import Inputs, NothingKept, read_inputs
from services.builder.adapters.dependencies.store import Kept
from services.builder.adapters.frameworks.files import beginning
from services.builder.adapters.frameworks.synthesis import TOOLS
from services.builder.adapters.isolation.profile import Mount
from services.builder.domain import dependencies
from services.builder.domain.dependencies import Install, Installer, Level
from services.builder.domain.run import StepFailed
from trellis_contracts.failures import InstallFailed

WITH_TOOLS = f'PATH="$PATH:{TOOLS}/bin" exec "$@"'
_QUIET = {
    "npm_config_audit": "false",
    "npm_config_fund": "false",
    "npm_config_update_notifier": "false",
    "npm_config_yes": "true",
    "COREPACK_ENABLE_DOWNLOAD_PROMPT": "0",
}
_RESOLVE = ("npm", "install", "--package-lock-only", "--ignore-scripts")


async def install(attempt: Attempt) -> None:
    """Install what the application asks for; nothing where it asks for nothing.

    Raises:
        StepFailed: with InstallFailed.
        ToolchainUnavailable: its package manager is not to be had.
    """
    wanted = await asyncio.to_thread(lambda: dependencies.install(_levels(attempt)))
    if wanted is None:
        await attempt.log.say("Nothing to install: there is no package.json.")
        return
    if wanted.notice:
        await attempt.log.say(wanted.notice)
    if wanted.lock is None and wanted.installer is Installer.NPM:
        await _run(attempt, wanted, _RESOLVE)
        wanted = dependencies.locked_by_npm(wanted)
    try:
        inputs = await _inputs(attempt, wanted)
    except NothingKept as why:
        await attempt.log.say(str(why))
        await _run(attempt, wanted, wanted.argv)
        return
    kept = await asyncio.to_thread(attempt.shop.dependencies, inputs.digest)
    if kept:
        await _restore(attempt, wanted, inputs, kept=kept)
    else:
        await _install(attempt, wanted, inputs)


async def _install(attempt: Attempt, wanted: Install, inputs: Inputs) -> None:
    await _run(attempt, wanted, wanted.argv)
    keep = partial(attempt.shop.keep_dependencies, inputs.digest, inputs.folders)
    if kept := await asyncio.to_thread(keep):
        _put_layers(attempt, kept)


async def _restore(attempt: Attempt, wanted: Install, inputs: Inputs, *, kept: Kept) -> None:
    """The application's own scripts run each time: they may make files outside of node_modules."""
    await attempt.log.say(
        f"Dependencies of the same {wanted.lock or 'packages'} are in the builder's store "
        f"({kept.bytes >> 20} MiB): nothing to install"
    )
    _put_layers(attempt, kept)
    for folder, scripts in inputs.scripts.items():
        for script in scripts:
            await _run(attempt, wanted, wanted.installer.script(script), folder=folder)


def _put_layers(attempt: Attempt, kept: Kept) -> None:
    attempt.layers = tuple(attempt.folder.layer(tree, folder) for folder, tree in kept.trees)


async def _run(
    attempt: Attempt, wanted: Install, argv: tuple[str, ...], *, folder: str | None = None
) -> None:
    where = wanted.folder if folder is None else folder
    await attempt.log.say(f"$ {' '.join(argv)}{f' (in {where})' if where else ''}")
    ended = await attempt.run(
        ("/bin/sh", "-c", WITH_TOOLS, "sh", *argv),
        folder=where,
        environment=_QUIET,
        of_builder=await _tools(attempt, wanted),
    )
    if not ended.succeeded:
        raise StepFailed(
            InstallFailed(
                **attempt.ids,
                command=" ".join(argv),
                exit_code=ended.code,
                detail=attempt.log.complaint(),
                tail=attempt.log.tail(),
            )
        )


async def _tools(attempt: Attempt, wanted: Install) -> tuple[Mount, ...]:
    toolchain = wanted.installer.toolchain
    return (Mount(await attempt.shop.toolchain(toolchain), TOOLS),) if toolchain else ()


async def _inputs(attempt: Attempt, wanted: Install) -> Inputs:
    """What is kept for production is made by production alone: others may change what is kept."""
    work, target = attempt.work, attempt.work.target
    tools = await _tools(attempt, wanted)
    circumstances = (
        str(work.application_id),
        "production" if target.production else "",
        await attempt.shop.programs(),
        *(str(tool.source) for tool in tools),
        *(f"{name}={value}" for name, value in sorted(target.variables.items())),
    )
    return await asyncio.to_thread(
        read_inputs, attempt.folder.source, wanted, circumstances=circumstances
    )


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
    except (ValueError, RecursionError):
        package = {}
    named = package.get("packageManager") if isinstance(package, dict) else None
    yield Level(
        folder,
        frozenset(file.name for file in inside.iterdir()),
        manager=named if isinstance(named, str) else None,
        workspaces=bool(isinstance(package, dict) and package.get("workspaces")),
    )
