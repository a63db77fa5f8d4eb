"""`trellis up|run|demo`: start what the other commands ask."""

import asyncio
import os
import re
import signal
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from cli.browsing import open_browser
from cli.front_door import HTTPS_PORT
from cli.output import Output
from cli.service_settings import KINDS, module_of
from cli.session import AsJson, Session, with_server
from cli.up import DEFAULT_PORT, LocalAwsWanted, Up, UpSettings
from cli.whereabouts import DOMAIN, default_data

Data = Annotated[Path | None, typer.Option(envvar="TRELLIS_DATA", help="Where everything is kept.")]
Port = Annotated[int | None, typer.Option(min=0, max=65535, help="Of the front door; 0: any.")]

_LABEL = "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_HOST_NAME = re.compile(rf"(?=.{{1,253}}$)({_LABEL}\.)*(?![0-9]+$){_LABEL}")


def host_name(typed: str | None) -> str | None:
    """Give what a certificate is made out to; a variable that is empty says nothing."""
    if not typed:
        return None
    if not _HOST_NAME.fullmatch(typed.lower()):
        raise typer.BadParameter(
            f"{typed} is no host name: give one like trellis.example.org, without https:// and "
            "without a port, which --port says."
        )
    return typed.lower()


def up(
    *,
    data: Data = None,
    host: Annotated[str, typer.Option(help="Where the front door listens.")] = "127.0.0.1",
    port: Port = None,
    local_aws: Annotated[
        bool, typer.Option("--local-aws", help="Deploy to an AWS on this machine, for trying.")
    ] = False,
    together: Annotated[
        bool, typer.Option("--together", help="All but the builder in one process: less memory.")
    ] = False,
    domain: Annotated[
        str | None,
        typer.Option(
            envvar=DOMAIN,
            callback=host_name,
            help="Serve this name with TLS, on ports 80 and 443 or --port alone.",
        ),
    ] = None,
    show_logs: Annotated[bool, typer.Option("--logs", help="Show what services log.")] = False,
) -> None:
    """Start all of Trellis on this machine; Ctrl-C ends it, and loses nothing."""
    settings = UpSettings(
        data=data or default_data(),
        host=host,
        port=port if port is not None else HTTPS_PORT if domain else DEFAULT_PORT,
        domain=domain,
        local_aws=LocalAwsWanted() if local_aws else None,
        together=together,
        show_logs=show_logs,
    )
    asyncio.run(_up(settings, Output()))


async def _up(settings: UpSettings, output: Output) -> None:
    running, told = Up(settings, say=output.say), asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, told.set)
    work = asyncio.create_task(_until_ended(running, output))
    asked = asyncio.create_task(told.wait())
    await asyncio.wait({work, asked}, return_when=asyncio.FIRST_COMPLETED)
    if not work.done():
        output.say("Ending …")
        work.cancel()
    asked.cancel()
    await asyncio.gather(asked, return_exceptions=True)
    try:
        await work
    except asyncio.CancelledError:
        output.say("Trellis has ended; nothing of it runs any more.")


async def _until_ended(running: Up, output: Output) -> None:
    try:
        await running.start()
        for line in _greeting(running):
            output.say(line)
        await running.wait()
    finally:
        await running.stop()


def _greeting(running: Up) -> list[str]:
    return [
        "",
        f"Trellis is up at {running.url} (after {running.started_in:.1f} s)",
        f"  data   {running.folder.path}",
        f"  token  {running.token_file}  (the `trellis` commands here find it)",
        "  page   trellis open  (signs a browser in)",
        "  next   trellis apps create NAME --repository URL",
        "Ctrl-C ends it; what is stored stays.",
    ]


def open_page(*, as_json: AsJson = False) -> None:
    """Open the dashboard in a browser, signed in; or print the address, good once."""

    async def opened(session: Session) -> None:
        address = await session.api.sign_in_link()
        session.output.give({"address": address})
        if as_json or not open_browser(address):
            session.output.show(Text(address))
            session.output.say("It signs a browser in once, within five minutes.")

    with_server(opened, as_json=as_json)


def run(
    service: Annotated[str, typer.Argument(metavar="SERVICE", help=f"One of {', '.join(KINDS)}.")],
) -> None:
    """Run one service in the foreground, as TRELLIS_… variables set it."""
    if service not in KINDS:
        raise typer.BadParameter(f"{service} is none of {', '.join(KINDS)}")
    program = [sys.executable, "-P", "-m", module_of(service)]
    os.execv(program[0], program)  # noqa: S606 - our own interpreter and a name from the list


def demo(
    *,
    exit_after: Annotated[
        bool, typer.Option("--exit", help="End by itself; status 0 only if all of it held.")
    ] = False,
    data: Annotated[
        Path | None, typer.Option(help="An empty folder to run in; without it one that goes.")
    ] = None,
    port: Port = None,
) -> None:
    """Show the whole line with a sample application, on this machine alone."""
    from cli.demo.running import run_demo  # noqa: PLC0415 - no other command needs what it loads

    if status := run_demo(exit_after=exit_after, data=data, port=port):
        raise typer.Exit(status)
