"""`trellis apps rename|repoint|folder|delete`: change an application, or be rid of it."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated

import typer
from rich.text import Text

from cli.asking import confirm
from cli.client.answers import Decision
from cli.client.api import Api
from cli.naming import find_application
from cli.session import ApplicationName, AsJson, DryRun, Session, with_server
from cli.tables import application_page
from trellis_contracts.names import ApplicationId


def rename(
    name: ApplicationName,
    to: Annotated[str, typer.Argument(metavar="NEW", help="Lower case, digits, hyphens.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Rename an application; what runs stays, and its stacks keep their names."""
    _change(name, lambda api, it: api.rename_application(it, to), as_json=as_json)


def repoint(
    name: ApplicationName,
    *,
    repository: Annotated[str, typer.Option(metavar="URL", help="Where it is cloned from.")],
    folder: Annotated[
        str | None, typer.Option(help="Where in it the application lies; stays if not said.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Clone an application from another repository, from the next run on."""

    async def repointed(session: Session) -> None:
        application = await find_application(session.api, name)
        decision = await session.api.repoint(application.application_id, repository, folder=folder)
        await _show(session, application.application_id, decision)
        session.output.show(
            Text(
                "Enter the webhook in that repository too: the same URL and secret, or a new one "
                f"from trellis apps rotate-hook {name}."
            )
        )

    with_server(repointed, as_json=as_json)


def folder(
    name: ApplicationName,
    path: Annotated[str, typer.Argument(metavar="FOLDER", help="'' is the repository's root.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Say where in its repository an application lies, from the next run on."""
    _change(name, lambda api, it: api.change_folder(it, path), as_json=as_json)


def delete(
    name: ApplicationName,
    *,
    yes: Annotated[
        str | None, typer.Option("--yes", metavar="APP", help="Its name, to confirm.")
    ] = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Tear down all that an application runs, remove its secrets, free its name; keep its history.

    Again, it tries again what could not be torn down.
    """

    async def deleted(session: Session) -> None:
        application = await find_application(session.api, name)
        called = application.name
        if not dry_run:
            running = ", ".join(one.name for one in application.environments if one.release)
            question = f"Type {called} to delete it and all that it runs ({running or 'nothing'})"
            confirm(question, called, yes=yes)
        decision = await session.api.delete_application(
            application.application_id, called, dry_run=dry_run
        )
        if dry_run:
            session.output.give(decision)
            session.output.show(Text(f"{called} would be deleted."))
            return
        await _show(session, application.application_id, decision)
        session.output.show(
            Text(f"It is gone once everything is torn down: trellis apps show {called}")
        )

    with_server(deleted, as_json=as_json)


EXAMPLES: Mapping[Callable[..., None], str] = {
    rename: "trellis apps rename shop store",
    repoint: "trellis apps repoint shop --repository https://github.com/acme/store",
    folder: "trellis apps folder shop services/api",
    delete: "trellis apps delete shop --yes shop",
}


Ask = Callable[[Api, ApplicationId], Awaitable[Decision]]
"""Sends one command about an application."""


def _change(name: str, ask: Ask, *, as_json: bool) -> None:
    """Ask for a change of an application, and show it as it is then."""

    async def changed(session: Session) -> None:
        application = await find_application(session.api, name)
        decision = await ask(session.api, application.application_id)
        await _show(session, application.application_id, decision)

    with_server(changed, as_json=as_json)


async def _show(session: Session, application_id: ApplicationId, decision: Decision) -> None:
    application = await session.api.application(application_id, after=decision.position)
    session.output.give(application)
    session.output.show(*application_page(application))
