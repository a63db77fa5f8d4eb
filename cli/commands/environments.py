"""`trellis environments …`: any number of them, in the order of promotion."""

from collections.abc import Awaitable, Callable
from typing import Annotated

import typer
from rich.text import Text

from cli.asking import confirm
from cli.client.answers import Decision
from cli.client.api import Api
from cli.naming import environment_of, find_application, find_environment, place_of
from cli.session import ApplicationName, AsJson, DryRun, EnvironmentName, Session, with_server
from cli.tables import environment_list
from trellis_contracts.names import ApplicationId
from trellis_contracts.stages import stage_of
from trellis_contracts.views import ApplicationView

app = typer.Typer(
    no_args_is_help=True, help="Add, rename, reorder and remove an application's environments."
)


@app.command("list", epilog="Example: trellis environments list shop")
def list_all(name: ApplicationName, *, as_json: AsJson = False) -> None:
    """List an application's environments in the order of promotion."""

    async def listed(session: Session) -> None:
        application = await find_application(session.api, name)
        session.output.give(application.environments)
        session.output.show(environment_list(application))

    with_server(listed, as_json=as_json)


@app.command(epilog="Example: trellis environments add shop qa --branch next --after development")
def add(  # noqa: PLR0913 - one for each setting
    name: ApplicationName,
    environment: Annotated[
        str | None,
        typer.Argument(metavar="[ENV]", help="Its name; made from the branch if not said."),
    ] = None,
    *,
    branch: Annotated[str | None, typer.Option(help="The branch that it follows.")] = None,
    automatic: Annotated[
        bool, typer.Option("--automatic/--manual", help="Whether a push deploys.")
    ] = False,
    stage: Annotated[
        str | None, typer.Option(help="The framework's stage, for good; made from the name.")
    ] = None,
    production: Annotated[
        bool, typer.Option("--production", help="No push ever deploys to it.")
    ] = False,
    after: Annotated[
        str | None, typer.Option(metavar="ENV", help="Behind this one; last if not said.")
    ] = None,
    region: Annotated[str | None, typer.Option(help="The AWS region.")] = None,
    as_json: AsJson = False,
) -> None:
    """Add an environment."""
    called = environment or (stage_of(branch) if branch else None)
    if called is None:
        raise typer.BadParameter("give the environment a name, or a --branch to make one from")
    given = {"branch": branch, "region": region, "automatic": automatic or None}
    settings = {setting: value for setting, value in given.items() if value is not None}

    def added(api: Api, it: ApplicationView) -> Awaitable[Decision]:
        behind = environment_of(it, after).environment_id if after else None
        wanted = {"stage": stage, "after": str(behind) if behind else None}
        body = {field: value for field, value in wanted.items() if value is not None}
        return api.add_environment(
            it.application_id,
            {**body, "name": called, "production": production, "settings": settings},
        )

    _change(name, added, as_json=as_json)


@app.command(epilog="Example: trellis environments rename shop staging canary")
def rename(
    name: ApplicationName,
    environment: EnvironmentName,
    to: Annotated[str, typer.Argument(metavar="NEW", help="Lower case, digits, hyphens.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Rename an environment; its stage stays, and so does what it runs."""

    def renamed(api: Api, it: ApplicationView) -> Awaitable[Decision]:
        return api.rename_environment(place_of(it, environment_of(it, environment)), to)

    _change(name, renamed, as_json=as_json)


@app.command(epilog="Example: trellis environments classify shop qa --production")
def classify(
    name: ApplicationName,
    environment: EnvironmentName,
    *,
    production: Annotated[
        bool, typer.Option("--production/--not-production", help="Whether it is production.")
    ],
    as_json: AsJson = False,
) -> None:
    """Make an environment production, which no push ever deploys, or none; for administrators."""

    def classified(api: Api, it: ApplicationView) -> Awaitable[Decision]:
        at = place_of(it, environment_of(it, environment))
        return api.classify_environment(at, production=production)

    _change(name, classified, as_json=as_json)


@app.command(epilog="Example: trellis environments reorder shop development qa production")
def reorder(
    name: ApplicationName,
    order: Annotated[list[str], typer.Argument(metavar="ENV...", help="All of them, in order.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Put an application's environments in another order of promotion."""

    def reordered(api: Api, it: ApplicationView) -> Awaitable[Decision]:
        ids = [environment_of(it, one).environment_id for one in order]
        return api.reorder_environments(it.application_id, ids)

    _change(name, reordered, as_json=as_json)


@app.command(epilog="Example: trellis environments remove shop qa --yes qa")
def remove(
    name: ApplicationName,
    environment: EnvironmentName,
    *,
    yes: Annotated[
        str | None, typer.Option("--yes", metavar="ENV", help="Its name, to confirm.")
    ] = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Remove an environment that was torn down, with its secrets; its history stays."""

    async def removed(session: Session) -> None:
        application, found = await find_environment(session.api, name, environment)
        if not dry_run:
            question = f"Type {found.name} to remove it and its secrets"
            confirm(question, found.name, yes=yes)
        at = place_of(application, found)
        decision = await session.api.remove_environment(at, found.name, dry_run=dry_run)
        if dry_run:
            session.output.give(decision)
            session.output.show(Text(f"{found.name} would be removed."))
        else:
            await _show(session, application.application_id, decision)

    with_server(removed, as_json=as_json)


Ask = Callable[[Api, ApplicationView], Awaitable[Decision]]
"""Sends one command about an application's environments."""


def _change(name: str, ask: Ask, *, as_json: bool) -> None:
    """Ask for a change of an application's environments, and list them as they are then."""

    async def changed(session: Session) -> None:
        application = await find_application(session.api, name)
        decision = await ask(session.api, application)
        await _show(session, application.application_id, decision)

    with_server(changed, as_json=as_json)


async def _show(session: Session, application_id: ApplicationId, decision: Decision) -> None:
    application = await session.api.application(application_id, after=decision.position)
    session.output.give(application.environments)
    session.output.show(environment_list(application))
