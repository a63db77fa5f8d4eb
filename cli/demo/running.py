"""Runs the demo: everything up on a folder of its own, the story told, everything ended."""

import asyncio
import os
import signal
import tempfile
from contextlib import suppress
from pathlib import Path

import httpx

from cli.demo.github import HookRefused
from cli.demo.stage import NoAddress, Stage, on_stage
from cli.demo.story import NotShown, Story
from cli.demo.timeline import timeline
from cli.exits import Status
from cli.git_server import GitServer
from cli.output import Output
from cli.ports import next_free
from cli.up import DEFAULT_PORT, LocalAwsWanted, Up, UpSettings

NAME, REPOSITORY = "shop", "acme/shop"
_NOT_SHOWN = (NotShown, NoAddress, HookRefused, httpx.HTTPError, LookupError)


def run_demo(*, exit_after: bool, data: Path | None, port: int | None) -> int:
    """Tell the story in a terminal; give the exit status, 0 only if all of it held.

    Without `exit_after` everything stays up until Ctrl-C, with version 2 running in development.

    Raises:
        CliError, LocalAwsError: something did not start.
    """
    output = Output()
    with tempfile.TemporaryDirectory(prefix="trellis-demo-") as folder:
        where = data or Path(folder) / "data"
        return asyncio.run(_until_told(output, Path(folder), where, port=port, stay=not exit_after))


async def _until_told(
    output: Output, folder: Path, data: Path, *, port: int | None, stay: bool
) -> int:
    """Run until the story is told, or until somebody asks for the end."""
    told, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, told.set)
    work = asyncio.create_task(_run(output, folder, data, port=port, stay=stay))
    asked = asyncio.create_task(told.wait())
    await asyncio.wait({work, asked}, return_when=asyncio.FIRST_COMPLETED)
    asked.cancel()
    if not work.done():
        output.say("Ending …")
        work.cancel()
    with suppress(asyncio.CancelledError):
        return await work
    output.say("The demo has ended; nothing of it runs or lies anywhere any more.")
    return Status.INTERRUPTED if not stay else Status.FINE


async def _run(output: Output, folder: Path, data: Path, *, port: int | None, stay: bool) -> int:
    with GitServer(folder / "git") as git:
        up = Up(_settings(data, folder / "keys", git, port=port), say=output.say)
        await up.start()
        try:
            output.show(f"\nAll up in {up.started_in:.1f} s: {up.url}, data in {data}")
            async with on_stage(up, git, name=NAME, repository=REPOSITORY) as stage:
                return await _told(stage, output, stay=stay)
        finally:
            await up.stop()


def _settings(data: Path, keys: Path, git: GitServer, *, port: int | None) -> UpSettings:
    origins = ",".join(filter(None, (os.environ.get("TRELLIS_GIT_ORIGINS"), git.origin)))
    return UpSettings(
        data=data,
        port=next_free(DEFAULT_PORT, 1)[0] if port is None else port,
        local_aws=LocalAwsWanted(),
        environ={**os.environ, "TRELLIS_GIT_ORIGINS": origins, "TRELLIS_KEYS": str(keys)},
    )


async def _told(stage: Stage, output: Output, *, stay: bool) -> int:
    story = Story(stage, output)
    try:
        await story.tell()
    except _NOT_SHOWN as failed:
        output.say(f"\nThe demo did not hold: {failed}", "red")
        output.say(f"The services' logs lie in {stage.up.folder.path}/service-logs.")
        if stay:
            await stage.up.wait()
        return Status.FAILED
    output.show("\nWhat happened", timeline(story.chapters))
    if stay:
        await _stay(stage, output)
    return Status.FINE


async def _stay(stage: Stage, output: Output) -> None:
    """Leave something to look at, and say how."""
    decision = await stage.api.deploy(stage.at("development"))
    await stage.follow(decision)
    environment = f"TRELLIS_DATA={stage.up.folder.path} .venv/bin/trellis"
    for line in (
        f"{NAME} runs in development once more, and all of it stays up until Ctrl-C. Try:",
        f"  {environment} status",
        f"  {environment} history {NAME} development",
        f"  {environment} logs {NAME} development",
        f"  {environment} deploy {NAME} staging --branch main --wait",
    ):
        output.say(line)
    await stage.up.wait()
