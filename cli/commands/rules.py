"""`trellis apps rules|watch`: what deployments wait for, and which pushes are skipped."""

from typing import Annotated

import typer
from pydantic import ValidationError
from rich.text import Text

from cli.naming import environment_of, find_application, find_environment, place_of
from cli.rule_tables import rules_page
from cli.session import ApplicationName, AsJson, EnvironmentName, Session, with_server
from trellis_contracts.message import Message
from trellis_contracts.rules import QueuePolicy, Window
from trellis_contracts.settings import EnvironmentSettings, SettingsChange
from trellis_contracts.windows import window_of


def rules(  # noqa: PLR0913 - one for each rule
    name: ApplicationName,
    environment: EnvironmentName,
    *,
    approvals: Annotated[
        int | None, typer.Option(help="How many people must approve; 0 is none.")
    ] = None,
    approver: Annotated[
        list[str] | None,
        typer.Option(
            help="Who may approve, as person:ana; every developer and administrator if not said."
        ),
    ] = None,
    own: Annotated[
        bool | None, typer.Option("--own/--not-own", help="Whether whoever asks counts too.")
    ] = None,
    approval_hours: Annotated[
        int | None, typer.Option(help="After how many hours without them it ends.")
    ] = None,
    window: Annotated[
        list[str] | None,
        typer.Option(
            help="'deny 0 18 * * fri 62h Europe/Rome': kind, cron expression, length, time zone. "
            "Deny beats allow; '' is none."
        ),
    ] = None,
    check: Annotated[
        list[str] | None, typer.Option(help="A check that a push waits for; '' is none.")
    ] = None,
    check_minutes: Annotated[int | None, typer.Option(help="For how long it waits.")] = None,
    queue: Annotated[
        QueuePolicy | None, typer.Option(help="What becomes of pushes that wait.")
    ] = None,
    run_minutes: Annotated[
        int | None, typer.Option(help="How long a run may take; 0 is as the server is set.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Set what deployments to an environment wait for; without options, show it."""
    windows = [_window(text) for text in window if text] if window else None

    async def changed(session: Session) -> None:
        application, found = await find_environment(session.api, name, environment)
        before = found.settings
        change = _change(
            {
                "approvals": approvals_of(
                    before, needed=approvals, people=approver, own=own, hours=approval_hours
                ),
                "windows": windows,
                "checks": checks_of(before, check, check_minutes),
                "queue": queue,
                "run_minutes": run_minutes,
            }
        )
        if change.model_fields_set:
            decision = await session.api.configure(place_of(application, found), change)
            application = await session.api.application(
                application.application_id, after=decision.position
            )
        after = environment_of(application, found.name)
        session.output.give(after)
        session.output.show(*rules_page(application, after))

    with_server(changed, as_json=as_json)


def watch(
    name: ApplicationName,
    paths: Annotated[
        list[str] | None,
        typer.Argument(metavar="PATH...", help="Folders or globs, from the repository's root."),
    ] = None,
    *,
    everything: Annotated[
        bool, typer.Option("--everything", help="Whatever a push changes counts again.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Deploy only pushes that change something of these paths, for a repository of several apps."""
    if bool(paths) == everything:
        raise typer.BadParameter("give PATH..., or --everything")

    async def watched(session: Session) -> None:
        application = await find_application(session.api, name)
        decision = await session.api.watch(application.application_id, paths or [])
        session.output.give(decision)
        said = f"pushes that change {', '.join(paths)}" if paths else "every push"
        session.output.show(Text(f"{name} is deployed by {said}."))

    with_server(watched, as_json=as_json)


def simulate(
    name: ApplicationName,
    *,
    branch: Annotated[str, typer.Option(help="The branch that would be pushed to.")],
    commit: Annotated[str, typer.Option(help="Its new commit, by its full SHA.")],
    message: Annotated[str | None, typer.Option(help="The commit's message.")] = None,
    path: Annotated[
        list[str] | None, typer.Option(help="A path that it changes; unknown if not said.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Say what a push would do in each environment, by the rules as they are; change nothing."""

    async def simulated(session: Session) -> None:
        application = await find_application(session.api, name)
        answers = {}
        for one in application.environments:
            at = place_of(application, one)
            answers[one.name] = await session.api.simulate_push(
                at, branch, commit=commit, message=message, paths=path
            )
        session.output.give({where: list(a.foretold) for where, a in answers.items()})
        for where, answer in answers.items():
            session.output.show(*(Text(f"{where}: {said}") for said in answer.foretold))

    with_server(simulated, as_json=as_json)


def _change(given: dict[str, object]) -> SettingsChange:
    """Take what was given; 0 is "none"."""
    named = {field: value for field, value in given.items() if value is not None}
    cleared = {field: None if value == 0 else value for field, value in named.items()}
    try:
        return SettingsChange.model_validate(cleared)
    except ValidationError as error:
        faults = "; ".join(f"{fault['loc'][0]}: {fault['msg']}" for fault in error.errors())
        raise typer.BadParameter(faults) from error


def approvals_of(
    before: EnvironmentSettings, *, needed: int | None, people: list[str] | None, **more: object
) -> object:
    """Give the approvals with what was said of them; who names people wants one of them."""
    if needed == 0:
        return 0
    if before.approvals is None and needed is None and people:
        needed = 1
    changed = _with(before.approvals, needed=needed, people=people, **more)
    if changed and before.approvals is None and needed is None:
        raise typer.BadParameter("no approvals are needed there yet: give --approvals, too")
    return changed


def checks_of(before: EnvironmentSettings, names: list[str] | None, minutes: int | None) -> object:
    """Give the checks with what was said of them."""
    if names == [""]:
        return 0
    if before.checks is None and not names and minutes is not None:
        raise typer.BadParameter("no checks are waited for there yet: give --check, too")
    return _with(before.checks, names=names, minutes=minutes)


def _with(known: Message | None, **given: object) -> object:
    """Give a rule as it is set, with what was given; None when nothing was."""
    named = {field: value for field, value in given.items() if value is not None}
    return {**(known.model_dump() if known else {}), **named} if named else None


def _window(text: str) -> Window:
    try:
        return window_of(text)
    except ValidationError as error:
        raise typer.BadParameter(error.errors()[0]["msg"]) from error
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
