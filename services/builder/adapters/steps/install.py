"""The second step: the dependencies, as the lock file says; from the store, if they are there."""

import asyncio
from collections.abc import Iterator
from functools import partial

from services.builder.adapters.attempt import Attempt, PackageTool
from services.builder.adapters.dependencies.inputs import Inputs, NothingKept, read_inputs
from services.builder.adapters.dependencies.reading import read_levels
from services.builder.adapters.dependencies.scripts import packages_with_scripts
from services.builder.adapters.dependencies.store import Kept
from services.builder.adapters.toolchains.toolchains import versions
from services.builder.domain import dependencies
from services.builder.domain.dependencies import Install
from services.builder.domain.levels import LockFileUnread
from services.builder.domain.run import StepFailed
from trellis_contracts.install_failures import InstallFailed, LockFileTooOld

_QUIET = {
    "npm_config_audit": "false",
    "npm_config_fund": "false",
    "npm_config_update_notifier": "false",
    "npm_config_yes": "true",
    "COREPACK_ENABLE_DOWNLOAD_PROMPT": "0",
}
_UNPACK = ("npm", "install", "--ignore-scripts")
_RESOLVE = (*_UNPACK, "--package-lock-only")
_RUN_SCRIPTS = ("npm", "rebuild")


async def install(attempt: Attempt) -> None:
    """Install what the application asks for; nothing where it asks for nothing.

    Raises:
        StepFailed: with InstallFailed or LockFileTooOld.
        ToolchainUnavailable: its package manager is not to be had.
    """
    wanted = await asyncio.to_thread(_wanted, attempt)
    if wanted is None:
        await attempt.log.say("Nothing to install: there is no package.json.")
        return
    attempt.manager = await _manager(attempt, wanted)
    await _prepare(attempt, wanted)
    circumstances = await _circumstances(attempt)
    if wanted.is_to_be_resolved:
        wanted = await _resolved(attempt, wanted, circumstances)
    try:
        inputs = await _inputs(attempt, wanted, circumstances)
    except NothingKept as why:
        await attempt.log.say(str(why))
        await _run_scripts_of_packages(attempt, wanted)
        await _run(attempt, wanted, wanted.argv)
        return
    kept = await asyncio.to_thread(attempt.shop.dependencies, inputs.digest)
    if kept:
        await _restore(attempt, wanted, inputs, kept=kept)
    else:
        await _install(attempt, wanted, inputs)


def _wanted(attempt: Attempt) -> Install | None:
    try:
        return dependencies.install(read_levels(attempt.folder.source, attempt.application_folder))
    except LockFileUnread as unread:
        failure = LockFileTooOld(**attempt.ids, file=unread.file, version=unread.version)
        raise StepFailed(failure) from None


async def _prepare(attempt: Attempt, wanted: Install) -> None:
    """Say what is done otherwise than the repository has it, and do what comes first."""
    for notice in (*wanted.notices, *_instead(wanted)):
        await attempt.log.say(notice)
    if wanted.in_the_way:
        await _run(attempt, wanted, ("rm", "-f", *wanted.in_the_way))


async def _resolved(attempt: Attempt, wanted: Install, circumstances: tuple[str, ...]) -> Install:
    """Let npm write a lock file of this run's own: it names what is kept, before a script runs.

    Where nothing is kept of what was wanted alike, what npm finds is unpacked on the way.
    """
    try:
        wish = (await _inputs(attempt, wanted, circumstances)).digest
    except NothingKept:
        wish = ""
    if await asyncio.to_thread(attempt.shop.has_kept, wish):
        await _run(attempt, wanted, _RESOLVE)
        return dependencies.locked_by_npm(wanted, wish=wish)
    await _run(attempt, wanted, _UNPACK)
    unpacked = attempt.folder.source / wanted.folder
    unscripted = await asyncio.to_thread(packages_with_scripts, unpacked)
    return dependencies.locked_by_npm(wanted, wish=wish, unscripted=unscripted)


def _instead(wanted: Install) -> Iterator[str]:
    """Yarn may bring the version that is named: it lies in the repository (`yarnPath`)."""
    program, _, version = (wanted.named or "").partition("@")
    toolchain = wanted.installer.toolchain
    if toolchain is None or program != wanted.installer.program or program == "yarn":
        return
    pinned = versions(toolchain)
    if pinned != f"{program} {version.partition('+')[0]}":
        yield f"The builder's own {pinned} installs, not {wanted.named} of package.json."


async def _install(attempt: Attempt, wanted: Install, inputs: Inputs) -> None:
    if wanted.unscripted is None:
        await _run(attempt, wanted, wanted.argv)
    else:
        await _run_scripts_of_packages(attempt, wanted)
        await _run_own_scripts(attempt, wanted, inputs)
    keep = partial(attempt.shop.keep_dependencies, inputs.digest, inputs.folders, wish=wanted.wish)
    if kept := await asyncio.to_thread(keep):
        _put_layers(attempt, kept)


async def _restore(attempt: Attempt, wanted: Install, inputs: Inputs, *, kept: Kept) -> None:
    await attempt.log.say(
        f"Dependencies of the same {wanted.lock or 'packages'} are in the builder's store "
        f"({kept.bytes >> 20} MiB): nothing to install"
    )
    _put_layers(attempt, kept)
    await _run_own_scripts(attempt, wanted, inputs)


async def _run_own_scripts(attempt: Attempt, wanted: Install, inputs: Inputs) -> None:
    """The application's own run each time: they may make files outside of node_modules."""
    for folder, scripts in inputs.scripts.items():
        for script in scripts:
            await _run(attempt, wanted, wanted.installer.script(script), folder=folder)


async def _run_scripts_of_packages(attempt: Attempt, wanted: Install) -> None:
    if wanted.unscripted:
        await _run(attempt, wanted, (*_RUN_SCRIPTS, *wanted.unscripted))


def _put_layers(attempt: Attempt, kept: Kept) -> None:
    attempt.layers = tuple(attempt.folder.layer(tree, folder) for folder, tree in kept.trees)


async def _run(
    attempt: Attempt, wanted: Install, argv: tuple[str, ...], *, folder: str | None = None
) -> None:
    where = wanted.folder if folder is None else folder
    await attempt.log.say(f"$ {' '.join(argv)}{f' (in {where})' if where else ''}")
    ended = await attempt.run(argv, folder=where, environment=_QUIET)
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


async def _manager(attempt: Attempt, wanted: Install) -> PackageTool:
    toolchain = wanted.installer.toolchain
    folder = await attempt.shop.toolchain(toolchain) if toolchain else None
    return PackageTool(folder, wanted.environment)


async def _circumstances(attempt: Attempt) -> tuple[str, ...]:
    """What is kept for production is made by production alone: others may change what is kept."""
    work, target = attempt.work, attempt.work.target
    return (
        str(work.application_id),
        "production" if target.production else "",
        await attempt.shop.programs(),
        str(attempt.manager.folder or ""),
        *(f"{name}={value}" for name, value in sorted(target.variables.items())),
    )


async def _inputs(attempt: Attempt, wanted: Install, circumstances: tuple[str, ...]) -> Inputs:
    return await asyncio.to_thread(
        read_inputs, attempt.folder.source, wanted, circumstances=circumstances
    )
