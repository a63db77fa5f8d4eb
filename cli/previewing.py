"""Shows what a promotion or a rollback would change, and asks whether it is wanted."""

import sys
from collections.abc import Awaitable, Callable

import typer
from rich.text import Text

from cli.client.answers import Decision, Place
from cli.client.errors import NotFound
from cli.exits import CliError
from cli.session import Session
from cli.watching import await_preview
from trellis_contracts.foreseeing import seen, warns
from trellis_contracts.previewing import PreviewState, PreviewView, preview_id_of
from trellis_contracts.views import DeploymentView

Look = Callable[[], Awaitable[Decision]]
"""Asks for a preview."""


class NotForeseen(CliError):
    """A preview was asked for, and could not be made."""

    def __init__(self, view: PreviewView) -> None:
        super().__init__(f"The preview could not be made: {view.failure}")


async def look_ahead(session: Session, at: Place, look: Look) -> PreviewView:
    """Have a preview made, and show it. Nothing is changed by that."""
    session.output.say("Working out what would change …")
    asked = await look()
    if asked.subject is None:
        raise CliError("The server made no preview.")
    view = await await_preview(
        session.api, asked.subject, application=at.application_id, after=asked.position
    )
    session.output.give(view)
    session.output.show(*shown(view))
    return view


async def only_look(session: Session, at: Place, look: Look) -> None:
    """Show a preview, and end. Raises NotForeseen."""
    view = await look_ahead(session, at, look)
    if view.state is PreviewState.FAILED:
        raise NotForeseen(view)


async def agreed(session: Session, at: Place, look: Look, *, question: str, yes: bool) -> None:
    """Let a person look before it is done; a script, and whoever says --yes, is not asked.

    Raises:
        CliError: it is not wanted.
    """
    if yes or session.output.as_json or not (sys.stdin.isatty() and sys.stdout.isatty()):
        return
    await look_ahead(session, at, look)
    if not typer.confirm(question, err=True):
        raise CliError("Nothing was changed.")


async def preview_of(session: Session, view: DeploymentView) -> list[Text]:
    """Show the preview of exactly what a deployment would bring, if one was asked for."""
    if view.content is None:
        return []
    try:
        found = await session.api.preview(preview_id_of(view.environment_id, view.content))
    except NotFound:
        return []
    return shown(found)


def shown(view: PreviewView) -> list[Text]:
    """Lay out a preview, a line a sentence."""
    style = {PreviewState.FAILED: "red"}.get(view.state, "")
    return [Text(line, style="bold red" if warns(line) else style) for line in seen(view)]
