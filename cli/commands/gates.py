"""`trellis approve|override|resume`: people's word on what waits, and on what a rollback held."""

from typing import Annotated

import typer
from rich.text import Text

from cli.client.answers import Decision
from cli.exits import CliError
from cli.naming import find_environment, place_of
from cli.previewing import preview_of
from cli.session import ApplicationName, AsJson, EnvironmentName, Session, with_server
from cli.tables import approval_page
from trellis_contracts.rules import GateKind
from trellis_contracts.sentences import name_of, outcome
from trellis_contracts.views import DeploymentView, EnvironmentView

Number = Annotated[
    int | None, typer.Argument(metavar="[NUMBER]", help="The one that waits for it if not said.")
]


def approve(
    name: ApplicationName,
    environment: EnvironmentName,
    number: Number = None,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask; it was looked at.")] = False,
    as_json: AsJson = False,
) -> None:
    """Approve a deployment that waits for it, after a look at what it would bring."""

    async def approved(session: Session) -> None:
        app, env = await find_environment(session.api, name, environment)
        view = await _waiting(session, env, number, kind=GateKind.APPROVAL)
        session.output.show(*approval_page(view, env), *await preview_of(session, view))
        if not yes and not typer.confirm(f"Approve {name_of(view)}?", err=True):
            raise CliError("Nothing was approved.")
        at = place_of(app, env)
        decision = await session.api.approve(at, view.deployment_id, view.content or "")
        await _show(session, view, decision)

    with_server(approved, as_json=as_json)


def override(
    name: ApplicationName,
    environment: EnvironmentName,
    number: Number = None,
    *,
    reason: Annotated[str, typer.Option(help="Why it cannot wait; it is recorded.")],
    as_json: AsJson = False,
) -> None:
    """Let a deployment start in spite of a freeze; administrators may."""

    async def overridden(session: Session) -> None:
        app, env = await find_environment(session.api, name, environment)
        view = await _waiting(session, env, number, kind=GateKind.FREEZE)
        at = place_of(app, env)
        decision = await session.api.override_freeze(at, view.deployment_id, reason)
        await _show(session, view, decision)

    with_server(overridden, as_json=as_json)


def resume(name: ApplicationName, environment: EnvironmentName, *, as_json: AsJson = False) -> None:
    """Let pushes deploy again after a rollback; the next push does, nothing at once."""

    async def resumed(session: Session) -> None:
        app, env = await find_environment(session.api, name, environment)
        decision = await session.api.resume(place_of(app, env))
        session.output.give(decision)
        session.output.show(Text(f"The next push deploys to {app.name} {env.name} again."))

    with_server(resumed, as_json=as_json)


async def _show(session: Session, view: DeploymentView, decision: Decision) -> None:
    after = await session.api.deployment(view.deployment_id, after=decision.position)
    session.output.give(after)
    session.output.show(Text(outcome(after)))


async def _waiting(
    session: Session, environment: EnvironmentView, number: int | None, *, kind: GateKind
) -> DeploymentView:
    """Find the deployment that waits at such a gate. Raises CliError when there is none."""
    views = [await session.api.deployment(one) for one in environment.waiting]
    for view in views:
        named = number is None or view.number == number
        if named and any(gate.kind is kind for gate in view.gates):
            return view
    which = f"#{number}" if number is not None else "No deployment"
    waits = "does not wait" if number is not None else "waits"
    raise CliError(f"{which} {waits} for {_WORD[kind]} in {environment.name}.")


_WORD = {
    GateKind.APPROVAL: "approval",
    GateKind.FREEZE: "the end of a freeze",
    GateKind.CHECKS: "checks",
}
