"""`trellis status|history|show|logs|health|builders`: what runs, what ran, and what it printed."""

from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.text import Text

from cli.client.reading import Reader
from cli.exits import CliError, Status
from cli.log_following import follow, print_lines
from cli.naming import UnknownName, find_application, find_environment, find_past_environment
from cli.progress import picture
from cli.session import ApplicationName, AsJson, EnvironmentName, Session, with_server
from cli.tables import board, builders_of, health_of, outputs
from cli.tables import history as history_table
from trellis_contracts.logs import LogLine
from trellis_contracts.sentences import has_ended, headline, name_of, outcome, waiting
from trellis_contracts.views import ApplicationView, DeploymentView, EnvironmentView, RunView

Number = Annotated[
    int | None, typer.Argument(metavar="[NUMBER]", help="The newest deployment if not said.")
]


def status(
    name: Annotated[
        str | None, typer.Argument(metavar="[APP]", help="All applications if not said.")
    ] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Show what runs where, and what goes on."""

    async def shown(session: Session) -> None:
        found = await session.api.applications()
        if name is not None:
            found = (await find_application(session.api, name),)
        session.output.give(found)
        if found:
            going_on = await _going_on(session.api, found)
            session.output.show(board(found, going_on, datetime.now(UTC)))
        elif not as_json:
            session.output.say("No application yet: trellis apps create NAME --repository URL")

    with_server(shown, as_json=as_json)


def history(
    name: ApplicationName,
    environment: EnvironmentName,
    *,
    limit: Annotated[int, typer.Option(min=1, max=200, help="How many.")] = 20,
    as_json: AsJson = False,
) -> None:
    """List an environment's deployments, newest first."""

    async def listed(session: Session) -> None:
        _, env = await find_past_environment(session.api, name, environment)
        deployments = await session.api.deployments(env.environment_id, limit=limit)
        session.output.give(deployments)
        if deployments:
            session.output.show(history_table(deployments, datetime.now(UTC)))
        elif not as_json:
            session.output.say(f"No deployment yet: trellis deploy {name} {environment}")

    with_server(listed, as_json=as_json)


def show(
    name: ApplicationName,
    environment: EnvironmentName,
    number: Number = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Show a deployment: its steps, its stacks, how it ended and who must act."""

    async def shown(session: Session) -> None:
        view = await _deployment(session.api, name, environment, number=number)
        session.output.give(view)
        session.output.show(picture(view), Text(outcome(view)), *outputs(view))

    with_server(shown, as_json=as_json)


def why(
    name: ApplicationName,
    environment: EnvironmentName,
    number: Number = None,
    *,
    commit: Annotated[
        str | None, typer.Option(metavar="SHA", help="What became of this commit there.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Say why an environment runs what it runs, or why a deployment or commit did or did not."""
    if number is not None and commit:
        raise typer.BadParameter("give NUMBER or --commit, not both")

    async def explained(session: Session) -> None:
        app, env = await find_environment(session.api, name, environment)
        told = await session.api.why(app.name, env.name, number=number, commit=commit)
        session.output.give(told)
        session.output.show(*(Text(sentence) for sentence in told.sentences))

    with_server(explained, as_json=as_json)


def logs(
    name: ApplicationName,
    environment: EnvironmentName,
    number: Number = None,
    *,
    following: Annotated[
        bool, typer.Option("--follow", "-f", help="Go on until it has ended.")
    ] = False,
    after: Annotated[int, typer.Option(min=-1, help="Only lines behind this one.")] = -1,
    as_json: AsJson = False,
) -> None:
    """Print what a deployment's runs have printed; with -f as they print it."""

    async def printed(session: Session) -> Status:
        view = await _deployment(session.api, name, environment, number=number)
        if not as_json:
            session.output.say(headline(view), "bold")

        def write(_run: RunView, line: LogLine) -> None:
            session.output.write(line.model_dump_json() if as_json else line.text)

        if not following:
            for run in view.runs:
                await print_lines(session.api, run, after=after, show=write)
            return Status.FINE
        view = await follow(session.api, view, after=after, show=write)
        if has_ended(view) and not as_json:
            session.output.say(outcome(view))
        return Status.FINE if view.failure is None else Status.FAILED

    if ended := with_server(printed, as_json=as_json):
        raise typer.Exit(ended)


def health(*, as_json: AsJson = False) -> None:
    """Say whether Trellis is well; status 1 names what is ill."""

    async def asked(session: Session) -> Status:
        health = await session.api.health()
        session.output.give(health.model_dump(mode="json"))
        session.output.show(health_of(health))
        for sentence in waiting(health):
            session.output.say(sentence)
        return Status.FINE if health.well else Status.FAILED

    if ill := with_server(asked, as_json=as_json):
        raise typer.Exit(ill)


def builders(*, as_json: AsJson = False) -> None:
    """Show the builders: their room, their toolchains, and the dependencies that they keep."""

    async def asked(session: Session) -> Status:
        found = await session.api.builders()
        session.output.give(list(found))
        session.output.show(builders_of(found))
        if not found:
            session.output.say("No builder answers: see `trellis health`.")
        return Status.FINE if found else Status.FAILED

    if away := with_server(asked, as_json=as_json):
        raise typer.Exit(away)


async def _deployment(
    api: Reader, name: str, environment: str, *, number: int | None
) -> DeploymentView:
    app, env = await find_past_environment(api, name, environment)
    if number is not None:
        found = await api.numbered(env.environment_id, number)
    else:
        found = next(iter(await api.deployments(env.environment_id, limit=1)), None)
    if found:
        return found
    known = [name_of(view) for view in await api.deployments(env.environment_id, limit=5)]
    if number is not None and known:
        raise UnknownName(f"deployment of {env.name} called", f"#{number}", known)
    raise CliError(f"{app.name} {env.name} has no deployment yet.")


async def _going_on(
    api: Reader, applications: tuple[ApplicationView, ...]
) -> dict[object, DeploymentView]:
    """The deployments that the board speaks of, by their ids."""
    environments: list[EnvironmentView] = [
        env for application in applications for env in application.environments
    ]
    wanted = {one for env in environments for one in (env.running, env.last) if one}
    return {one: await api.deployment(one) for one in wanted}
