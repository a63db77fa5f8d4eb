"""`trellis promote|rollback`: what succeeded elsewhere or before, looked at first at a terminal."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated

import typer

from cli.client.answers import Decision, Place
from cli.commands.deployments import change, numbered
from cli.exits import CliError
from cli.following import following_of
from cli.naming import environment_of, place_of
from cli.previewing import Look, agreed, only_look
from cli.session import ApplicationName, AsJson, DryRun, EnvironmentName, Session, Wait, WithLogs
from trellis_contracts.views import ApplicationView, EnvironmentView

Preview = Annotated[
    bool, typer.Option("--preview", help="Show what would change, and change nothing.")
]
Yes = Annotated[bool, typer.Option("--yes", help="Do not show it and ask.")]


@dataclass(frozen=True)
class Considered:
    """A change that is looked at before it is asked for."""

    at: Place
    question: str
    look: Look
    act: Callable[[], Awaitable[Decision]]


Consider = Callable[[Session, ApplicationView, EnvironmentView], Awaitable[Considered]]


@dataclass(frozen=True)
class Manner:
    """How it was asked for: only to look, or without a question."""

    preview: bool
    yes: bool


def promote(  # noqa: PLR0913 - one for each option
    name: ApplicationName,
    environment: EnvironmentName,
    *,
    source: Annotated[
        str | None, typer.Option("--from", help="The environment before it, if not said.")
    ] = None,
    preview: Preview = False,
    yes: Yes = False,
    wait: Wait = False,
    logs: WithLogs = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Deploy to an environment the commit that the one before it runs.

    At a terminal it shows what would change, and asks.
    """

    async def considered(
        session: Session, app: ApplicationView, env: EnvironmentView
    ) -> Considered:
        origin = environment_of(app, source) if source else before(app, env)
        at, whence, api = place_of(app, env), origin.environment_id, session.api
        return Considered(
            at,
            f"Promote {origin.name} to {app.name} {env.name}?",
            lambda: api.preview_promotion(at, whence),
            lambda: api.promote(at, whence, dry_run=dry_run),
        )

    ask = _asked(considered, Manner(preview, yes or dry_run))
    change(name, environment, ask, following=following_of(wait=wait, logs=logs), as_json=as_json)


def rollback(  # noqa: PLR0913 - one for each option
    name: ApplicationName,
    environment: EnvironmentName,
    *,
    to: Annotated[
        int | None, typer.Option(help="The number of an earlier success; the last if not said.")
    ] = None,
    preview: Preview = False,
    yes: Yes = False,
    wait: Wait = False,
    logs: WithLogs = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Bring back what an earlier deployment had deployed, without building anything.

    At a terminal it shows what would change and what it cannot undo, and asks.
    """

    async def considered(
        session: Session, app: ApplicationView, env: EnvironmentView
    ) -> Considered:
        back = (await numbered(session, env, to)).deployment_id if to is not None else None
        at, api = place_of(app, env), session.api
        return Considered(
            at,
            f"Roll {app.name} {env.name} back?",
            lambda: api.preview_rollback(at, back),
            lambda: api.roll_back(at, back, dry_run=dry_run),
        )

    ask = _asked(considered, Manner(preview, yes or dry_run))
    change(name, environment, ask, following=following_of(wait=wait, logs=logs), as_json=as_json)


def before(application: ApplicationView, environment: EnvironmentView) -> EnvironmentView:
    """Give the environment before one in the line. Raises CliError where there is none."""
    if environment.pull_request is not None:
        raise CliError(f"{environment.name} is not part of the line: say --from ENV.")
    places = list(application.environments)
    at = next(
        index
        for index, one in enumerate(places)
        if one.environment_id == environment.environment_id
    )
    if at == 0:
        raise CliError(f"{environment.name} is the first environment: say --from ENV.")
    return places[at - 1]


def _asked(
    consider: Consider, manner: Manner
) -> Callable[[Session, ApplicationView, EnvironmentView], Awaitable[Decision | None]]:
    """Give what looks, asks and acts; None: it only looked."""

    async def asked(
        session: Session, app: ApplicationView, env: EnvironmentView
    ) -> Decision | None:
        found = await consider(session, app, env)
        if manner.preview:
            await only_look(session, found.at, found.look)
            return None
        await agreed(session, found.at, found.look, question=found.question, yes=manner.yes)
        return await found.act()

    return asked
