"""`trellis apps pulls|try`: environments for pull requests, and trials of those of forks."""

import asyncio
from collections.abc import Iterator
from typing import Annotated

import typer
from rich.console import RenderableType
from rich.text import Text

from cli.exits import CliError, Status
from cli.naming import environment_of, find_application, whole_commit
from cli.session import ApplicationName, AsJson, Session, Wait, with_server
from cli.tables import table
from trellis_contracts.pull_requests import PullRequestRule
from trellis_contracts.sentences import hindered, runs_what, short, tried_as
from trellis_contracts.views import ApplicationView, TrialView

_PAUSE_SECONDS = 0.5


def pulls(
    name: ApplicationName,
    *,
    template: Annotated[
        str | None,
        typer.Option(metavar="ENV", help="Whose settings, values and credentials they use."),
    ] = None,
    days: Annotated[
        int | None, typer.Option(min=1, max=90, help="Remove it when nothing moved for so long.")
    ] = None,
    at_once: Annotated[
        int | None, typer.Option(min=1, max=50, help="How many there may be.")
    ] = None,
    off: Annotated[
        bool, typer.Option("--off", help="None any more; remove what is there.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Give each pull request an environment while it is open; without options, show them.

    It is deployed by each push to its branch, and torn down when the pull request is closed, its
    branch is deleted, or nothing moved for a while. A pull request from a fork never gets one.
    """
    if off and (template or days or at_once):
        raise typer.BadParameter("--off goes alone")

    async def followed(session: Session) -> None:
        application = await find_application(session.api, name)
        if off or template or days or at_once:
            rule = None if off else _rule(application, template, days=days, at_once=at_once)
            decision = await session.api.follow_pull_requests(application.application_id, rule)
            application = await session.api.application(
                application.application_id, after=decision.position
            )
        session.output.give(
            {"following": application.following, "pull_requests": application.pull_requests}
        )
        session.output.show(*_page(application))

    with_server(followed, as_json=as_json)


def try_it(
    name: ApplicationName,
    number: Annotated[int, typer.Argument(metavar="NUMBER", min=1, help="Its number.")],
    *,
    commit: Annotated[
        str, typer.Option(help="The commit that you have looked at, or its beginning.")
    ],
    wait: Wait = False,
    as_json: AsJson = False,
) -> None:
    """Install and test a commit of a pull request from a fork, which you have looked at.

    It gets no environment, no variables, secrets or credentials, and leaves nothing behind. Its
    code runs all the same, with the network of the builder.
    """

    async def tried(session: Session) -> Status:
        application = await find_application(session.api, name)
        whole = whole_commit(application, commit)
        decision = await session.api.try_pull_request(application.application_id, number, whole)
        trial = await _trial_of(session, application, number, after=decision.position)
        while wait and trial.passed is None:
            await asyncio.sleep(_PAUSE_SECONDS)
            trial = await _trial_of(session, application, number, after=None)
        session.output.give(trial)
        session.output.show(*(Text.from_ansi(f"  | {line}") for line in trial.tail))
        session.output.show(Text(f"{short(trial.commit)} {tried_as(trial)}"))
        return Status.FAILED if trial.passed is False else Status.FINE

    if status := with_server(tried, as_json=as_json):
        raise typer.Exit(status)


async def _trial_of(
    session: Session, application: ApplicationView, number: int, *, after: int | None
) -> TrialView:
    now = await session.api.application(application.application_id, after=after)
    for one in now.pull_requests:
        if one.number == number and one.trial:
            return one.trial
    raise CliError(f"Pull request {number} is not open any more.")


def _rule(
    application: ApplicationView, template: str | None, *, days: int | None, at_once: int | None
) -> PullRequestRule:
    known = application.following
    if template is None and known is None:
        raise typer.BadParameter("say whose settings they use: --template development")
    given = {
        "template": template and environment_of(application, template).environment_id,
        "days": days,
        "at_once": at_once,
    }
    changed = {field: value for field, value in given.items() if value is not None}
    return PullRequestRule.model_validate({**(known.model_dump() if known else {}), **changed})


def _page(application: ApplicationView) -> Iterator[RenderableType]:
    rule = application.following
    if rule is None:
        yield Text(f"Pull requests of {application.name} get no environments.")
    else:
        names = {one.environment_id: one.name for one in application.environments}
        yield Text(
            f"Pull requests of {application.name} get environments like "
            f"{names[rule.template]}, {rule.at_once} at most, removed after {rule.days} idle days."
        )
    if not application.pull_requests:
        yield Text("None is open, as far as webhooks have told.", style="dim")
        return
    made = table("Pull request", "Branch", "Commit", "Environment", "Trial")
    for one in application.pull_requests:
        there = next(
            (e for e in application.environments if e.pull_request == one.number and not e.over),
            None,
        )
        waits = hindered(one.hindrance) if one.hindrance and rule else ""
        said = f"{there.name}: {runs_what(there.release)}" if there else waits
        tried = f"{short(one.trial.commit)} {tried_as(one.trial)}" if one.trial else ""
        cells = one.branch, short(one.commit), said, tried
        made.add_row(f"#{one.number}", *map(Text, cells))
    yield made
