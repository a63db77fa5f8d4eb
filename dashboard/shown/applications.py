"""The list of applications, as it is shown."""

from collections.abc import Mapping
from dataclasses import dataclass

from dashboard.shown.board import lasting
from dashboard.shown.words import BAD, BUSY, GOOD, OURS, QUIET, colour_of, pages_of, repository
from trellis_contracts.names import DeploymentId
from trellis_contracts.sentences import short
from trellis_contracts.views import (
    ApplicationView,
    DeploymentState,
    DeploymentView,
    EnvironmentView,
)

Lasts = Mapping[DeploymentId, DeploymentView]
_TROUBLE = {DeploymentState.FAILED, DeploymentState.ERRORED}


@dataclass(frozen=True)
class Lamp:
    """One environment in the list."""

    name: str = ""
    said: str = ""
    colour: str = QUIET
    busy: bool = False


@dataclass(frozen=True)
class Row:
    """One application in the list."""

    name: str = ""
    repository: str = ""
    href: str = ""
    hint: str = ""
    pulls: str = ""
    environments: tuple[Lamp, ...] = ()


def rows(applications: tuple[ApplicationView, ...], lasts: Lasts) -> list[Row]:
    """Give a row for each application."""
    return [
        Row(
            name=one.name,
            repository=repository(one.repository),
            href=pages_of(one.name),
            hint=_hint(one),
            pulls=_pulls(one),
            environments=tuple(lamp(environment, lasts) for environment in lasting(one)),
        )
        for one in applications
    ]


def _hint(application: ApplicationView) -> str:
    if application.deletion:
        return "being deleted"
    return "" if application.webhook_seen else "no push has arrived yet"


def _pulls(application: ApplicationView) -> str:
    there = len(application.environments) - len(lasting(application))
    return f"and {there} of pull requests" if there else ""


def lamp(environment: EnvironmentView, lasts: Lasts) -> Lamp:
    """Say how an environment is: what happens to it, or what went wrong last, or what it runs."""
    last = lasts.get(environment.last) if environment.last else None
    release = environment.release
    runs = short(release.commit) if release else "nothing yet"
    if environment.running:
        return Lamp(environment.name, _doing(last), BUSY, busy=True)
    if environment.waiting:
        return Lamp(environment.name, _waiting(last), QUIET, busy=True)
    if last and last.state in _TROUBLE:
        return Lamp(environment.name, f"{last.state.value}, runs {runs}", colour_of(last.state))
    if release and release.gone:
        return Lamp(environment.name, f"{runs} is gone", OURS)
    if release and not release.passed:
        return Lamp(environment.name, f"{runs}, not passed", BAD)
    return Lamp(environment.name, runs, GOOD if release else QUIET)


def _waiting(last: DeploymentView | None) -> str:
    if last is None or last.state is not DeploymentState.WAITING or not last.gates:
        return "waiting"
    return f"waiting: {last.gates[0].kind.value}"


def _doing(last: DeploymentView | None) -> str:
    return f"#{last.number} running" if last else "running"
