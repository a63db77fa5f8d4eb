"""`trellis variables|secrets|credentials …`: what an environment's builds and deploys are given."""

import os
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from cli.asking import aws_keys, secret_value
from cli.client.answers import Decision
from cli.naming import environment_of, find_environment, place_of
from cli.session import ApplicationName, AsJson, EnvironmentName, Session, with_server
from cli.tables import table
from trellis_contracts.views import EnvironmentView

variables = typer.Typer(no_args_is_help=True, help="Values that everybody may see.")
secrets = typer.Typer(no_args_is_help=True, help="Values that are written and never shown again.")
credentials = typer.Typer(
    no_args_is_help=True, help="The AWS keys that an environment deploys with."
)

ValueName = Annotated[str, typer.Argument(metavar="NAME", help="Like an environment variable's.")]
Names = Annotated[list[str], typer.Argument(metavar="NAME…", help="One or more.")]
Pairs = Annotated[list[str], typer.Argument(metavar="NAME=VALUE…", help="One or more.")]


@variables.command("list", epilog="Example: trellis variables list shop staging")
def list_variables(
    name: ApplicationName, environment: EnvironmentName, *, as_json: AsJson = False
) -> None:
    """List an environment's variables with their values."""

    async def listed(session: Session) -> None:
        _, found = await find_environment(session.api, name, environment)
        _show_variables(session, found)

    with_server(listed, as_json=as_json)


@variables.command(
    "set", epilog="Example: trellis variables set shop staging GREETING=Hello LEVEL=2"
)
def set_variables(
    name: ApplicationName, environment: EnvironmentName, pairs: Pairs, *, as_json: AsJson = False
) -> None:
    """Give variables values, from the next deployment on."""
    values = dict(_pair(pair) for pair in pairs)

    async def changed(session: Session) -> None:
        application, found = await find_environment(session.api, name, environment)
        at = place_of(application, found)
        decided = [
            await session.api.set_variable(at, variable, value)
            for variable, value in values.items()
        ]
        _show_variables(
            session,
            await _as_it_is_now(session, found, application=at.application_id, decided=decided),
        )

    with_server(changed, as_json=as_json)


@variables.command("unset", epilog="Example: trellis variables unset shop staging GREETING")
def unset_variables(
    name: ApplicationName, environment: EnvironmentName, names: Names, *, as_json: AsJson = False
) -> None:
    """Remove variables, from the next deployment on."""

    async def changed(session: Session) -> None:
        application, found = await find_environment(session.api, name, environment)
        at = place_of(application, found)
        decided = [await session.api.unset_variable(at, variable) for variable in names]
        _show_variables(
            session,
            await _as_it_is_now(session, found, application=at.application_id, decided=decided),
        )

    with_server(changed, as_json=as_json)


@secrets.command("list", epilog="Example: trellis secrets list shop staging")
def list_secrets(
    name: ApplicationName, environment: EnvironmentName, *, as_json: AsJson = False
) -> None:
    """List an environment's secrets: their names and versions, never their values."""

    async def listed(session: Session) -> None:
        _, found = await find_environment(session.api, name, environment)
        _show_secrets(session, found)

    with_server(listed, as_json=as_json)


@secrets.command("set", epilog="Example: trellis secrets set shop staging API_KEY < key.txt")
def set_secret(
    name: ApplicationName,
    environment: EnvironmentName,
    secret: ValueName,
    *,
    as_json: AsJson = False,
) -> None:
    """Give a secret a new value, asked for or piped, from the next deployment on."""
    value = secret_value(f"The value of {secret}")

    async def changed(session: Session) -> None:
        application, found = await find_environment(session.api, name, environment)
        at = place_of(application, found)
        decided = [await session.api.set_secret(at, secret, value)]
        _show_secrets(
            session,
            await _as_it_is_now(session, found, application=at.application_id, decided=decided),
        )

    with_server(changed, as_json=as_json)


@secrets.command("unset", epilog="Example: trellis secrets unset shop staging API_KEY")
def unset_secrets(
    name: ApplicationName, environment: EnvironmentName, names: Names, *, as_json: AsJson = False
) -> None:
    """Remove secrets, from the next deployment on."""

    async def changed(session: Session) -> None:
        application, found = await find_environment(session.api, name, environment)
        at = place_of(application, found)
        decided = [await session.api.unset_secret(at, secret) for secret in names]
        _show_secrets(
            session,
            await _as_it_is_now(session, found, application=at.application_id, decided=decided),
        )

    with_server(changed, as_json=as_json)


@credentials.command(
    "set", epilog="Example: trellis credentials set shop staging --from-environment"
)
def set_credentials(
    name: ApplicationName,
    environment: EnvironmentName,
    *,
    from_environment: Annotated[
        bool, typer.Option("--from-environment", help="Take AWS_ACCESS_KEY_ID and its fellows.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Give an environment its AWS keys: asked for, piped (a line each), or from this shell."""
    keys = aws_keys(os.environ if from_environment else None)

    async def changed(session: Session) -> None:
        application, found = await find_environment(session.api, name, environment)
        decision = await session.api.set_credentials(place_of(application, found), keys)
        session.output.give(decision)
        session.output.show(Text(f"{name} {found.name} deploys with {keys.access_key_id} now."))

    with_server(changed, as_json=as_json)


@credentials.callback()
def _credentials() -> None:
    """The AWS keys that an environment deploys with."""


def _pair(given: str) -> tuple[str, str]:
    variable, equals, value = given.partition("=")
    if not equals or not variable:
        raise typer.BadParameter(f"{given!r} is not NAME=VALUE")
    return variable, value


async def _as_it_is_now(
    session: Session, found: EnvironmentView, *, application: object, decided: list[Decision]
) -> EnvironmentView:
    """Read the environment again, with everything that was decided."""
    positions = [decision.position for decision in decided if decision.position is not None]
    after = max(positions, default=None)
    again = await session.api.application(str(application), after=after)
    return environment_of(again, found.name)


def _show_variables(session: Session, environment: EnvironmentView) -> None:
    session.output.give(dict(environment.variables))
    rows = table("Variable", "Value")
    for name, value in sorted(environment.variables.items()):
        rows.add_row(Text(name), Text(value))
    _show_rows(session, rows, "variables")


def _show_secrets(session: Session, environment: EnvironmentView) -> None:
    session.output.give(dict(environment.secrets))
    rows = table("Secret", "Version")
    for name, version in sorted(environment.secrets.items()):
        rows.add_row(Text(name), str(version))
    _show_rows(session, rows, "secrets")


def _show_rows(session: Session, rows: Table, what: str) -> None:
    if rows.row_count:
        session.output.show(rows)
    elif not session.output.as_json:
        session.output.say(f"No {what}.")
