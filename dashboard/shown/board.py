"""The pipeline board of one application, as it is shown."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from dashboard.shown.cards import Card, Head, Live, Past, Running
from dashboard.shown.waiting import NOT_PASSED, hold, skipped, waits
from dashboard.shown.words import (
    age,
    colour_of,
    commit_url,
    first_line,
    kind_of,
    page_of,
    pages_of,
    repository,
    settings_of,
    what,
    who,
    why,
)
from trellis_contracts.explaining import why_environment
from trellis_contracts.names import EnvironmentId
from trellis_contracts.sentences import addresses, has_ended, short, step_now
from trellis_contracts.views import (
    ApplicationView,
    DeploymentState,
    DeploymentView,
    EnvironmentView,
    ReleaseView,
)

Histories = Mapping[EnvironmentId, Sequence[DeploymentView]]
SHOWN_HISTORY = 6


def head(application: ApplicationView, *, now: datetime) -> Head:
    """Give what is said of the application above its environments."""
    leaving = application.deletion
    return Head(
        name=application.name,
        repository=repository(application.repository),
        repository_url=application.repository,
        settings_href=f"{pages_of(application.name)}/settings",
        webhook_missing=not application.webhook_seen,
        unobservable=application.unobservable or "",
        leaving=f"{who(leaving.actor)} asked for it {age(leaving.requested_at, now)}"
        if leaving
        else "",
        left=tuple(f"{name}: {reason}" for name, reason in leaving.failures.items())
        if leaving
        else (),
    )


def cards(application: ApplicationView, histories: Histories, *, now: datetime) -> list[Card]:
    """Give a card for each environment, in the order in which commits pass through them.

    Those of pull requests are not of that order: `pulls` has them.
    """
    line = lasting(application)
    targets = [*(one.name for one in line[1:]), ""]
    return [
        card(application, one, histories.get(one.environment_id, ()), target=target, now=now)
        for one, target in zip(line, targets, strict=True)
    ]


def lasting(application: ApplicationView) -> list[EnvironmentView]:
    """Give the environments that are no pull request's, in the order of promotion."""
    return [one for one in application.environments if one.pull_request is None]


def card(
    application: ApplicationView,
    environment: EnvironmentView,
    history: Sequence[DeploymentView],
    *,
    target: str,
    now: datetime,
) -> Card:
    """Give one environment's card; `target` is what its release is promoted to."""
    last = history[0] if history else None
    in_trouble = last if last and last.failure else None
    release = environment.release
    return Card(
        name=environment.name,
        production=environment.production,
        source=_source(environment),
        live=_live(application, release, history, now=now),
        running=_running(environment, history),
        waiting=tuple(waits(view) for view in history if view.deployment_id in environment.waiting),
        hold=hold(environment),
        skipped=skipped(environment, now=now),
        why=tuple(why_environment(environment, history)),
        pull_request=environment.pull_request or 0,
        being_removed=environment.over,
        trouble=_trouble(in_trouble),
        trouble_href=page_of(in_trouble) if in_trouble else "",
        promote_to=target,
        can_promote=bool(target and release and release.passed and not release.gone),
        can_roll_back=bool(earlier(environment, history)),
        history=tuple(_past(view, now=now) for view in history[:SHOWN_HISTORY]),
        settings_href=settings_of(application.name, environment.name),
        needs_credentials=_template(application, environment).credentials_version is None,
    )


def earlier(
    environment: EnvironmentView, history: Sequence[DeploymentView]
) -> list[tuple[str, str]]:
    """Give the successes that an environment can go back to: the id of each, and what it was."""
    current = environment.release.number if environment.release else None
    return [
        (
            str(view.deployment_id),
            f"#{view.number} · {what(view)} · {first_line(view.message)}".rstrip(" ·"),
        )
        for view in history
        if view.state is DeploymentState.SUCCEEDED and view.stacks and view.number != current
    ]


def _template(application: ApplicationView, environment: EnvironmentView) -> EnvironmentView:
    """An environment of a pull request uses another one's credentials."""
    all_ = {one.environment_id: one for one in application.environments}
    return all_.get(environment.template or environment.environment_id, environment)


def _source(environment: EnvironmentView) -> str:
    settings = environment.settings
    if environment.pull_request is not None:
        return f"pull request #{environment.pull_request} · {settings.branch}"
    if settings.branch and settings.automatic:
        return f"deploys pushes to {settings.branch}"
    if settings.branch:
        return f"{settings.branch}, by hand"
    return "promoted by hand"


def _live(
    application: ApplicationView,
    release: ReleaseView | None,
    history: Sequence[DeploymentView],
    *,
    now: datetime,
) -> Live:
    if release is None:
        return Live()
    by = next((view for view in history if view.deployment_id == release.deployment_id), None)
    return Live(
        there=True,
        commit=short(release.commit),
        commit_url=commit_url(application.repository, release.commit),
        message=first_line(by.message) if by else "",
        by=who(by.actor) if by else "",
        since=age(release.since, now),
        branch=release.branch or "",
        number=release.number,
        href=page_of(by) if by else "",
        address=next(iter(addresses(release.stacks)), ""),
        gone=release.gone,
        not_passed="" if release.passed else NOT_PASSED,
    )


def _running(environment: EnvironmentView, history: Sequence[DeploymentView]) -> Running:
    view = next((one for one in history if one.deployment_id == environment.running), None)
    if view is None or has_ended(view):
        return Running()
    done, total = progress(view)
    return Running(
        there=True,
        title=f"{kind_of(view.kind)} #{view.number}",
        what=what(view),
        why=why(view),
        step=step_now(view),
        percent=round(100 * done / total) if total else 0,
        known=total > 0,
        state=view.state.value,
        colour=colour_of(view.state),
        href=page_of(view),
        number=view.number,
        cancelling=view.state is DeploymentState.CANCELLING,
    )


def progress(view: DeploymentView) -> tuple[int, int]:
    """Give how many of how many resources have moved in the newest run; 0 of 0: not known."""
    stacks = view.runs[-1].stacks if view.runs else ()
    return sum(stack.done for stack in stacks), sum(stack.total for stack in stacks)


def _trouble(view: DeploymentView | None) -> str:
    if view is None or view.failure is None:
        return ""
    return f"{kind_of(view.kind)} #{view.number} {view.state.value}: {view.failure.sentence}"


def _past(view: DeploymentView, *, now: datetime) -> Past:
    return Past(
        number=view.number,
        kind=kind_of(view.kind),
        what=what(view),
        state=view.state.value,
        colour=colour_of(view.state),
        when=age(view.finished_at or view.requested_at, now),
        href=page_of(view),
    )
