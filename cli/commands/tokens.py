"""`trellis token …`: who may sign in, and as what."""

from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.text import Text

from cli.naming import UnknownName
from cli.session import AsJson, Session, with_server
from cli.tables import token_list
from trellis_contracts.rights import Role

app = typer.Typer(no_args_is_help=True, help="Make, list and revoke tokens.")

TokenName = Annotated[str, typer.Argument(metavar="NAME", help="Whose it is, or what for.")]


@app.command(epilog="Example: trellis token create ana --role developer")
def create(
    name: TokenName,
    *,
    role: Annotated[Role, typer.Option(help="What it may do.")] = Role.DEVELOPER,
    actor: Annotated[
        str | None, typer.Option(metavar="KIND:NAME", help="As whom it acts; person:NAME else.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Make a token; it is shown this once."""

    async def made(session: Session) -> None:
        token = await session.api.make_token(name, role, actor)
        session.output.give(token)
        if not as_json:
            session.output.say(f"{token.name} acts as {token.actor}, a {token.role.value}.")
            session.output.say("The token is shown this once:")
            session.output.write(token.token)

    with_server(made, as_json=as_json)


@app.command("list", epilog="Example: trellis token list")
def list_all(*, as_json: AsJson = False) -> None:
    """List tokens, without their values."""

    async def listed(session: Session) -> None:
        tokens = await session.api.tokens()
        session.output.give(tokens)
        session.output.show(token_list(tokens, datetime.now(UTC)))

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
