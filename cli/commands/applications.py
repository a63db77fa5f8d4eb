"""`trellis apps …`: connect repositories, see them, set their environments."""

from typing import Annotated

import typer
from pydantic import ValidationError
from rich.text import Text

from cli.asking import secret_value
from cli.client.answers import Created
from cli.naming import (
    environment_of,
    find_application,
    find_environment,
    find_past_application,
    place_of,
)
from cli.session import ApplicationName, AsJson, EnvironmentName, Session, with_server
from cli.tables import application_list, application_page, building
from trellis_contracts.settings import SettingsChange
from trellis_contracts.sizes import BuildSize

app = typer.Typer(no_args_is_help=True, help="Connect repositories and set their environments.")


@app.command(epilog="Example: trellis apps create shop --repository https://github.com/acme/shop")
def create(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Lower case, digits, hyphens.")],
    *,
    repository: Annotated[str, typer.Option(metavar="URL", help="Where it is cloned from.")],
    branch: Annotated[str, typer.Option(help="What development follows.")] = "main",
    folder: Annotated[
        str, typer.Option(help="Where in the repository it lies; looked for if not said.")
    ] = "",
    clone_token_stdin: Annotated[
        bool, typer.Option("--clone-token-stdin", help="Read a private repository's token.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Connect a repository: it gets development, staging and production."""
    token = secret_value("The clone token", from_stdin=True) if clone_token_stdin else None

    async def created(session: Session) -> None:
        made = await session.api.create_application(
            name, repository, branch=branch, folder=folder, clone_token=token
        )
        session.output.give(made)
        session.output.show(*(Text(line) for line in _welcome(name, made)))

    with_server(created, as_json=as_json)


def _welcome(name: str, made: Created) -> list[str]:
    return [
        f"{name} has development, staging and production.",
        "",
        "In the repository's settings on GitHub, add a webhook:",
        f"  Payload URL   {made.webhook.url}",
        f"  Content type  {made.webhook.content_type}",
        f"  Secret        {made.webhook.secret}    (shown this once)",
        "  Events        Pushes; Pull requests, if each is to get an environment;",
        "                Repositories, to be followed when it is renamed",
        "Until it has delivered, the branches are asked for news instead: nothing else is needed.",
        "",
        "Next:",
        f"  trellis credentials set {name} development     the AWS keys to deploy with",
        f"  trellis deploy {name} development --wait       or push",
    ]


@app.command("list", epilog="Example: trellis apps list --json")
def list_all(*, as_json: AsJson = False) -> None:
    """List applications with what their environments run."""

    async def listed(session: Session) -> None:
        applications = await session.api.applications()
        session.output.give(applications)
        if applications:
            session.output.show(application_list(applications))
        elif not as_json:
            session.output.say("No application yet: trellis apps create NAME --repository URL")

    with_server(listed, as_json=as_json)


@app.command(epilog="Example: trellis apps show shop")
def show(name: ApplicationName, *, as_json: AsJson = False) -> None:
    """Show an application: where it comes from, how its environments are set."""

    async def shown(session: Session) -> None:
        application = await find_past_application(session.api, name)
        session.output.give(application)
        session.output.show(*application_page(application))

    with_server(shown, as_json=as_json)


@app.command(epilog="Example: trellis apps settings shop staging --branch release --automatic")
def settings(  # noqa: PLR0913 - one for each setting
    name: ApplicationName,
    environment: EnvironmentName,
    *,
    branch: Annotated[str | None, typer.Option(help="The branch that it follows.")] = None,
    no_branch: Annotated[bool, typer.Option("--no-branch", help="It follows none.")] = False,
    automatic: Annotated[
        bool | None, typer.Option("--automatic/--manual", help="Whether a push deploys.")
    ] = None,
    tests: Annotated[
        bool | None, typer.Option("--tests/--no-tests", help="Whether tests run before it deploys.")
    ] = None,
    test_command: Annotated[
        str | None, typer.Option(help="What runs them; '' is npm run test again.")
    ] = None,
    before_deploy: Annotated[
        str | None,
        typer.Option(help="A command that must pass before a stack is touched; '' is none."),
    ] = None,
    after_deploy: Annotated[
        str | None,
        typer.Option(help="A command that must pass once all stacks stand; '' is none."),
    ] = None,
    size: Annotated[
        BuildSize | None, typer.Option(help="The memory and processors of its builds' programs.")
    ] = None,
    silence_minutes: Annotated[
        int | None,
        typer.Option(help="How long a program may print nothing; 0 is as the builder is set."),
    ] = None,
    region: Annotated[str | None, typer.Option(help="The AWS region, from now on.")] = None,
    stack_name: Annotated[
        str | None, typer.Option(help="The stack's name; '' is <application>-<stage> again.")
    ] = None,
    adopt: Annotated[
        list[str] | None,
        typer.Option(
            help="A stack that another tool deployed, now this environment's; '' is none."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Change an environment's settings from the next deployment on; without options, show them."""
    if branch and no_branch:
        raise typer.BadParameter("give --branch or --no-branch, not both")
    given: dict[str, object] = {
        "branch": branch,
        "automatic": automatic,
        "tests": tests,
        "test_command": test_command,
        "before_deploy": before_deploy,
        "after_deploy": after_deploy,
        "size": size,
        "silence_minutes": silence_minutes,
        "region": region,
        "stack_name": stack_name,
        "adopts": [stack for stack in adopt if stack] if adopt else None,
    }
    change = _change({field: value for field, value in given.items() if value is not None})
    if no_branch:
        change = _change({**change.model_dump(exclude_unset=True), "branch": None})

    async def changed(session: Session) -> None:
        application, found = await find_environment(session.api, name, environment)
        if change.model_fields_set:
            decision = await session.api.configure(place_of(application, found), change)
            application = await session.api.application(
                application.application_id, after=decision.position
            )
        after = environment_of(application, found.name)
        session.output.give(after)
        session.output.show(*application_page(application), *building(after))

    with_server(changed, as_json=as_json)


def _change(given: dict[str, object]) -> SettingsChange:
    """Take what was given; an empty text is "none", and so is the number 0."""
    cleared = {
        name: None if value == "" or (value == 0 and value is not False) else value
        for name, value in given.items()
    }
    try:
        return SettingsChange.model_validate(cleared)
    except ValidationError as error:
        faults = "; ".join(f"--{fault['loc'][0]}: {fault['msg']}" for fault in error.errors())
        raise typer.BadParameter(faults.replace("_", "-")) from error


@app.command("clone-token", epilog="Example: trellis apps clone-token shop < token.txt")
def clone_token(name: ApplicationName, *, as_json: AsJson = False) -> None:
    """Give an application the token that clones its private repository; asked for, or piped."""
    token = secret_value("The clone token")

    async def given(session: Session) -> None:
        application = await find_application(session.api, name)
        decision = await session.api.set_clone_token(application.application_id, token)
        session.output.give(decision)
        session.output.show(Text(f"{name} is cloned with this token from the next run on."))

    with_server(given, as_json=as_json)


@app.command("rotate-hook", epilog="Example: trellis apps rotate-hook shop")
def rotate_hook(name: ApplicationName, *, as_json: AsJson = False) -> None:
    """Give an application's webhook another secret; the old one ends at once."""

    async def rotated(session: Session) -> None:
        application = await find_application(session.api, name)
        webhook = await session.api.rotate_hook(application.application_id)
        session.output.give(webhook)
        session.output.show(Text(f"Payload URL  {webhook.url}\nSecret       {webhook.secret}"))

    with_server(rotated, as_json=as_json)
