"""`trellis token …`: who may sign in, and as what."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

import typer
from rich.text import Text

from cli.client.reading import Reader
from cli.naming import UnknownName, find_application, find_environment
from cli.session import AsJson, Session, with_server
from cli.tables import token_list
from trellis_contracts.rights import Role
from trellis_contracts.views import ApplicationView

app = typer.Typer(no_args_is_help=True, help="Make, list and revoke tokens.")

TokenName = Annotated[str, typer.Argument(metavar="NAME", help="Whose it is, or what for.")]


@app.command(epilog="Example: trellis token create ci --role deployer --only shop/development")
def create(
    name: TokenName,
    *,
    role: Annotated[Role, typer.Option(help="What it may do.")] = Role.DEVELOPER,
    actor: Annotated[
        str | None,
        typer.Option(
            metavar="KIND:NAME", help="As whom it acts; person:NAME else, robot:NAME a deployer."
        ),
    ] = None,
    only: Annotated[
        list[str] | None,
        typer.Option(metavar="APP[/ENV]", help="What it may change; it reads everything."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Make a token; it is shown this once."""

    async def made(session: Session) -> None:
        places = [await _place(session.api, one) for one in only or []]
        token = await session.api.make_token(name, role, actor, only=places)
        session.output.give(token)
        if not as_json:
            session.output.say(f"{token.name} acts as {token.actor}, a {token.role.value}.")
            if only:
                session.output.say(f"It changes nothing but {', '.join(only)}.")
            session.output.say("The token is shown this once:")
            session.output.write(token.token)

    with_server(made, as_json=as_json)


@app.command("list", epilog="Example: trellis token list")
def list_all(*, as_json: AsJson = False) -> None:
    """List tokens, without their values."""

    async def listed(session: Session) -> None:
        tokens = await session.api.tokens()
        session.output.give(tokens)
        names = _names(await session.api.applications())
        session.output.show(token_list(tokens, datetime.now(UTC), names))

    with_server(listed, as_json=as_json)


@app.command(epilog="Example: trellis token revoke ana")
def revoke(name: TokenName, *, as_json: AsJson = False) -> None:
    """End a token at once."""

    async def revoked(session: Session) -> None:
        good = [token for token in await session.api.tokens() if token.revoked_at is None]
        found = next((token for token in good if name in (token.name, str(token.id))), None)
        if found is None:
            raise UnknownName("token", name, (token.name for token in good))
        await session.api.revoke_token(found.id)
        session.output.give({"id": str(found.id), "name": found.name})
        session.output.show(Text(f"{found.name} is revoked."))

    with_server(revoked, as_json=as_json)


async def _place(api: Reader, named: str) -> UUID:
    """Give the id of `APP` or of `APP/ENV`. Raises UnknownName."""
    application, _, environment = named.partition("/")
    if not environment:
        return (await find_application(api, application)).application_id
    return (await find_environment(api, application, environment))[1].environment_id


def _names(applications: Iterable[ApplicationView]) -> dict[UUID, str]:
    names: dict[UUID, str] = {}
    for one in applications:
        names[one.application_id] = one.name
        names |= {env.environment_id: f"{one.name}/{env.name}" for env in one.environments}
    return names
