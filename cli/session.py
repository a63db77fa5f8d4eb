"""What every command begins with: the server that is asked, the output, and one event loop."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar

import typer

from cli.client.api import Api
from cli.output import Output
from cli.own_authority import transport_to
from cli.whereabouts import Server, find_server

Given = TypeVar("Given")

AsJson = Annotated[bool, typer.Option("--json", help="Write JSON to stdout, for programs.")]
ApplicationName = Annotated[str, typer.Argument(metavar="APP", help="The application's name.")]
EnvironmentName = Annotated[
    str, typer.Argument(metavar="ENV", help="development, staging, production, …")
]
Wait = Annotated[bool, typer.Option("--wait", help="Show how it goes, and end as it ends.")]
WithLogs = Annotated[
    bool, typer.Option("--logs", help="Wait, and print what its runs print as well.")
]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Say whether it would be accepted; change nothing.")
]


class Session:
    """One command's server and output."""

    def __init__(self, api: Api, output: Output, server: Server) -> None:
        """Takes both."""
        self.api, self.output, self.server = api, output, server


def with_server(do: Callable[[Session], Awaitable[Given]], *, as_json: bool = False) -> Given:
    """Do something with the server that is found. Raises CliError."""

    async def done() -> Given:
        server = find_server()
        way = transport_to(server.url, server.folder.path if server.folder else None)
        async with Api(
            server.url, server.token, token_from=server.token_from, transport=way
        ) as api:
            return await do(Session(api, Output(as_json=as_json), server))

    try:
        return asyncio.run(done())
    except ExceptionGroup as several:
        raise first_of(several) from several


def first_of(several: ExceptionGroup[Exception]) -> Exception:
    """Give what went wrong first where tasks ran side by side: it is what a person is told."""
    first = several.exceptions[0]
    return first_of(first) if isinstance(first, ExceptionGroup) else first
