"""`trellis deploy|redeploy|teardown|cancel`: ask for a change, and watch it."""

from collections.abc import Awaitable, Callable
from typing import Annotated

import typer
from rich.text import Text

from cli.asking import confirm
from cli.client.answers import Decision
from cli.exits import CliError, Status
from cli.following import Following, followed, following_of
from cli.naming import UnknownName, find_environment, place_of, whole_commit
from cli.session import (
    ApplicationName,
    AsJson,
    DryRun,
    EnvironmentName,
    Session,
    Wait,
    WithLogs,
    with_server,
)
from trellis_contracts.sentences import headline, outcome
from trellis_contracts.views import (
    ApplicationView,
    DeploymentView,
    EnvironmentView,
)

Ask = Callable[[Session, ApplicationView, EnvironmentView], Awaitable[Decision | None]]
"""Sends one command about an environment; None: it only looked."""


def deploy(
    name: ApplicationName,
    environment: EnvironmentName,
    *,
    branch: Annotated[str | None, typer.Option(help="The newest commit of this branch.")] = None,
    commit: Annotated[str | None, typer.Option(help="This commit.")] = None,
    wait: Wait = False,
    logs: WithLogs = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Deploy the newest commit of the environment's branch, or what is named."""
    if branch and commit:
        raise typer.BadParameter("give --branch or --commit, not both")

    async def asked(session: Session, app: ApplicationView, env: EnvironmentView) -> Decision:
        at, whole = place_of(app, env), commit and whole_commit(app, commit)
        return await session.api.deploy(at, commit=whole, branch=branch, dry_run=dry_run)

    change(name, environment, asked, following=following_of(wait=wait, logs=logs), as_json=as_json)


def redeploy(
    name: ApplicationName,
    environment: EnvironmentName,
    *,
    wait: Wait = False,
    logs: WithLogs = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Build and deploy what the environment runs once more, with today's settings."""

    async def asked(session: Session, app: ApplicationView, env: EnvironmentView) -> Decision:
        return await session.api.redeploy(place_of(app, env), dry_run=dry_run)

    change(name, environment, asked, following=following_of(wait=wait, logs=logs), as_json=as_json)


def teardown(
    name: ApplicationName,
    environment: EnvironmentName,
    *,
    yes: Annotated[
        str | None, typer.Option(metavar="ENV", help="Its name once more, instead of asking.")
    ] = None,
    wait: Wait = False,
    logs: WithLogs = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Remove everything of an environment from the cloud; its history stays."""
    if not dry_run:
        question = f"This removes all of {name} {environment}. Type {environment} to go on"
        confirm(question, environment, yes=yes)

    async def asked(session: Session, app: ApplicationView, env: EnvironmentView) -> Decision:
        return await session.api.tear_down(place_of(app, env), env.name, dry_run=dry_run)

    change(name, environment, asked, following=following_of(wait=wait, logs=logs), as_json=as_json)


def cancel(
    name: ApplicationName,
    environment: EnvironmentName,
    number: Annotated[
        int | None, typer.Argument(metavar="[NUMBER]", help="The one that runs if not said.")
    ] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """End a deployment: at once while the cloud is untouched, else once it is put back."""

    async def cancelled(session: Session) -> None:
        app, env = await find_environment(session.api, name, environment)
        ended = env.running or next(iter(env.waiting), None)
        if number is not None:
            ended = (await numbered(session, env, number)).deployment_id
        if ended is None:
            raise CliError(f"Nothing runs or waits in {app.name} {env.name}.")
        decision = await session.api.cancel(place_of(app, env), ended)
        view = await session.api.deployment(ended, after=decision.position)
        session.output.give(decision)
        session.output.show(Text(outcome(view)))

    with_server(cancelled, as_json=as_json)


def change(name: str, environment: str, ask: Ask, *, following: Following, as_json: bool) -> None:
    """Ask for a deployment; show it, or follow it to its end and end as it ended."""

    async def asked(session: Session) -> Status:
        app, env = await find_environment(session.api, name, environment)
        decision = await ask(session, app, env)
        if decision is None:
            return Status.FINE
        session.output.show(*(Text(sentence) for sentence in decision.cannot_undo))
        if decision.dry_run or decision.subject is None:
            session.output.give(decision)
            session.output.show(*(Text(sentence) for sentence in decision.foretold))
            session.output.show(Text("Nothing was changed."))
            return Status.FINE
        deployment = decision.subject
        view = await session.api.deployment(deployment, after=decision.position)
        if following is not Following.NOT:
            lines = following is Following.LINES
            return await followed(session, view, after=decision.position, lines=lines)
        session.output.give(view)
        session.output.show(
            Text(headline(view)), Text(f"Follow it: trellis logs {name} {environment} -f")
        )
        return Status.FINE

    if status := with_server(asked, as_json=as_json):
        raise typer.Exit(status)


async def numbered(session: Session, environment: EnvironmentView, number: int) -> DeploymentView:
    """Give an environment's deployment by its number. Raises UnknownName."""
    found = await session.api.numbered(environment.environment_id, number)
    if found is None:
        last = await session.api.deployments(environment.environment_id, limit=5)
        known = (f"#{view.number}" for view in last)
        raise UnknownName(f"deployment of {environment.name} called", f"#{number}", known)
    return found
