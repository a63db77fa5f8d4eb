"""Runs the demo: everything up on a folder of its own, the story told, everything ended."""

import asyncio
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Coroutine
from contextlib import AbstractAsyncContextManager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx
from rich.text import Text

from cli.browsing import open_browser
from cli.client.api import Api
from cli.demo.github import HookRefused
from cli.demo.ground import keep_logs, refuse_used, settings_for
from cli.demo.stage import NoAddress, Stage, on_stage
from cli.demo.story import REAL, SMALL, NotShown, Play, Story
from cli.demo.timeline import Chapter, timeline, whole
from cli.exits import CliError, Status
from cli.git_server import GitServer
from cli.output import Output
from cli.up import Up
from trellis_contracts.sentences import duration

NAME = SMALL.name
_NOT_SHOWN = (NotShown, NoAddress, HookRefused, CliError, httpx.HTTPError, LookupError)


@dataclass
class Telling:
    """One telling of the story; `status` is what it came to, once that is known."""

    output: Output
    folder: Path
    data: Path
    stay: bool
    status: Status | None = None


def run_demo(*, exit_after: bool, data: Path | None, port: int | None) -> int:
    """Tell the story in a terminal; give the exit status, 0 only if all of it held.

    Without `exit_after` everything stays up until Ctrl-C, with version 2 running in development.
    Nothing of it is left but a `data` folder that was given and, when it failed, the logs.

    Raises:
        CliError, LocalAwsError: something did not start.
    """
    output = Output()
    if data:
        refuse_used(data)
    with tempfile.TemporaryDirectory(prefix="trellis-demo-") as folder:
        where = data or Path(folder) / "data"
        telling = Telling(output, Path(folder), where, stay=not exit_after)
        try:
            asyncio.run(until_asked(_run(telling, port), telling))
        finally:
            _keep_what_explains(telling, given=data is not None)
    output.say("The demo has ended; nothing of it runs any more.")
    return Status.FAILED if telling.status is None else telling.status


def _keep_what_explains(telling: Telling, *, given: bool) -> None:
    """Keep the logs of a demo that failed, and say where they are."""
    if telling.status in (None, Status.FAILED):
        kept = telling.data if given else keep_logs(telling.data)
        if kept:
            telling.output.say(f"The logs of all parts are kept in {kept}.")


async def until_asked(work: Coroutine[None, None, None], telling: Telling) -> None:
    """Work until it is done, or until Ctrl-C: it is interrupted unless the story was told."""
    told, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, told.set)
    working, asked = asyncio.create_task(work), asyncio.create_task(told.wait())
    await asyncio.wait({working, asked}, return_when=asyncio.FIRST_COMPLETED)
    asked.cancel()
    if not working.done():
        telling.status = Status.INTERRUPTED if telling.status is None else telling.status
        telling.output.say("Ending …")
        working.cancel()
    with suppress(asyncio.CancelledError):
        await working


async def _run(telling: Telling, port: int | None) -> None:
    output, folder, data = telling.output, telling.folder, telling.data
    with GitServer(folder / "git") as git:
        keys, origin = folder / "keys", git.origin
        settings = settings_for(data, keys, git_origin=origin, port=port, environ=os.environ)
        up = Up(settings, say=output.say)
        await up.start()
        try:
            output.show(f"\nAll up in {up.started_in:.1f} s: {up.url}, data in {data}")
            await _tell(up, git, telling)
            if telling.stay:
                await up.wait()
        finally:
            await up.stop()


async def _tell(up: Up, git: GitServer, telling: Telling) -> None:
    output, chapters = telling.output, [_started(up)]
    try:
        url = await _act(up, git, telling, chapters=chapters)
    except _NOT_SHOWN as failed:
        telling.status = Status.FAILED
        output.say("\nThe demo did not hold:")
        output.complain(failed)
        if telling.stay:
            output.say(f"All of it stays up until Ctrl-C; its logs lie in {up.folder.path}.")
        return
    telling.status = Status.FINE
    output.show("\nWhat happened", timeline(chapters))
    seconds = duration(whole(chapters))
    output.show(Text(f"All of it held: {seconds} from nothing running.", style="bold green"))
    if telling.stay:
        for line in (*_what_next(up, url), await _board(up)):
            output.show(line)


async def _act(up: Up, git: GitServer, telling: Telling, *, chapters: list[Chapter]) -> str:
    """Tell both stories, chapter by chapter; give where the first application answers."""
    began = asyncio.get_running_loop().time() - up.started_in
    async with _on_stage(up, git, SMALL) as stage, _on_stage(up, git, REAL) as other:
        small = Story(stage, telling.output, SMALL, began=began)
        await small.tell()
        chapters += small.chapters
        real = Story(other, telling.output, REAL, began=began)
        await real.tell_shortly()
        chapters += real.chapters
        if telling.stay:
            await small.leave_running()
        return small.urls.get("development", up.url)


def _on_stage(up: Up, git: GitServer, play: Play) -> AbstractAsyncContextManager[Stage]:
    return on_stage(up, git, name=play.name, repository=f"acme/{play.name}")


def _started(up: Up) -> Chapter:
    shown = f"{up.url} answers"
    return Chapter(title="start everything", shown=shown, began=0, seconds=up.started_in)


async def _board(up: Up) -> str:
    """Open the board for whoever sits here, or say where it is."""
    async with Api(up.url, up.token, token_from=str(up.token_file)) as api:
        address = await api.sign_in_link()
    if open_browser(address):
        return "\nThe board is open in your browser."
    return (
        f"\nThe board, for five minutes and one browser (trellis open makes another):\n  {address}"
    )


def _what_next(up: Up, url: str) -> list[str]:
    """Say what stays up, and what to try."""
    trellis = "trellis" if shutil.which("trellis") else sys.argv[0]
    return [
        f"\n{NAME} answers at {url}",
        f"Trellis is at         {up.url}",
        f"its token lies in     {up.token_file}",
        "\nAll of it stays up until Ctrl-C, which leaves no process behind. In another terminal:",
        f"  export TRELLIS_DATA={up.folder.path}",
        *(
            f"  {trellis} {command}"
            for command in (
                "open",
                "status",
                f"history {NAME} development",
                f"logs {NAME} development",
                f"promote {NAME} staging --wait",
            )
        ),
    ]
