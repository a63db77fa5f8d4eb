"""Pull requests of an application: which are open, which get an environment, which are over.

A part of the application's stream. What is to be opened and what is to go follows from state
alone, so a reactor that looks again does the same.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import assert_never

from services.orchestrator.domain.following import Following, PullRequest
from services.orchestrator.domain.lifecycle_refusals import IllegalTemplate
from services.orchestrator.domain.line import Line
from services.orchestrator.domain.refusals import IllegalEnvironment
from trellis_contracts.applications import EnvironmentAdded
from trellis_contracts.lifecycles import EnvironmentRemoved
from trellis_contracts.names import (
    ApplicationId,
    BranchName,
    EnvironmentId,
    EnvironmentName,
    added_environment_id,
)
from trellis_contracts.pull_requests import (
    Ending,
    FollowPullRequests,
    Hindrance,
    PullRequestCommand,
    PullRequestEnded,
    PullRequestEvent,
    PullRequestFact,
    PullRequestHindered,
    PullRequestOpened,
    PullRequestRule,
    PullRequestsFollowed,
    ServePullRequest,
)
from trellis_contracts.rules import matches
from trellis_contracts.settings import EnvironmentSettings

MOST_ENDED = 200
"""Pull requests that are over whose last word is kept, for deliveries that come late."""

PullRequestQuestion = PullRequestCommand | PullRequestFact
Moved = Mapping[BranchName, datetime]


def evolve(state: Following, event: PullRequestEvent, *, at: datetime) -> Following:
    """Give the state after the event."""
    match event:
        case PullRequestsFollowed():
            return replace(state, rule=event.following)
        case PullRequestOpened():
            return replace(state, open={**state.open, event.number: _opened(state, event, at)})
        case PullRequestEnded():
            return _ended(state, event)
        case PullRequestHindered():
            known = state.open.get(event.number)
            hindered = {event.number: replace(known, hindrance=event.why)} if known else {}
            return replace(state, open={**state.open, **hindered})
        case _:
            assert_never(event)


def decide(
    question: PullRequestQuestion, state: Following, *, line: Line, moved: Moved, now: datetime
) -> list[PullRequestEvent | EnvironmentAdded]:
    """Give what follows from a command, or from what was heard of a pull request.

    `moved` says when each branch moved last.

    Raises:
        IllegalEnvironment, IllegalTemplate: there is no such template, or it may not be one.
    """
    match question:
        case FollowPullRequests():
            return _follow(question, state, line)
        case ServePullRequest():
            return _serve(question, state, line)
        case PullRequestOpened():
            return [question] if _is_news(question, state) else []
        case PullRequestEnded():
            return [question] if _ends(question, state, overdue(state, moved, now)) else []
        case _:
            assert_never(question)


def served(state: Following, event: EnvironmentAdded | EnvironmentRemoved) -> Following:
    """Give the state after an environment came or went."""
    if isinstance(event, EnvironmentAdded):
        known = state.open.get(event.pull_request or 0)
        own, more = event.environment_id, 1
    else:
        of_it = (one for one in state.open.values() if one.environment_id == event.environment_id)
        known, own, more = next(of_it, None), None, 0
    if known is None:
        return state
    changed = replace(known, environment_id=own, turns=known.turns + more)
    return replace(state, open={**state.open, known.number: changed})


def next_environment(application_id: ApplicationId, request: PullRequest) -> EnvironmentId:
    """Name the environment that a pull request gets next: each time another one."""
    opened, turn = request.opened.isoformat(), request.turns
    told = "pull request", request.number, request.branch, opened, turn
    return added_environment_id(application_id, application_id, *told)


def unserved(state: Following, line: Line) -> Iterator[tuple[PullRequest, Hindrance | None]]:
    """Yield the pull requests that have no environment, and what hinders each, lowest first."""
    if state.rule is None:
        return
    for number in sorted(state.open):
        request = state.open[number]
        if request.environment_id not in line:
            yield request, _hindrance(request, state.rule, line)


def overdue(state: Following, moved: Moved, now: datetime) -> Iterator[PullRequest]:
    """Yield the pull requests that nobody has touched for too long."""
    for request in state.open.values():
        heard = max(request.moved, moved.get(request.branch, request.moved))
        if state.rule and now >= heard + timedelta(days=state.rule.days):
            yield request


def name_of(number: int) -> EnvironmentName:
    """Name the environment of a pull request, which is its stage too."""
    return f"pr-{number}"


def refuse_template(environment_id: EnvironmentId, state: Following, line: Line) -> None:
    """Let nothing that pull requests have their values from be removed, or be production.

    Raises:
        IllegalTemplate: it is one.
    """
    templates = {one.template for one in line.values()} | {state.rule and state.rule.template}
    if environment_id in templates and environment_id in line:
        name = line[environment_id].name
        raise IllegalTemplate(f"{name} is the template of pull requests: have them use another one")


def _follow(
    command: FollowPullRequests, state: Following, line: Line
) -> list[PullRequestEvent | EnvironmentAdded]:
    wanted = command.following
    if wanted is not None:
        template = line.get(wanted.template)
        if template is None:
            raise IllegalEnvironment(wanted.template)
        if template.production:
            raise IllegalTemplate(f"{template.name} is a production environment: name another one")
        if template.pull_request is not None:
            raise IllegalTemplate(f"{template.name} is a pull request's own: name another one")
    return [] if wanted == state.rule else [PullRequestsFollowed(**dict(command))]


def _serve(
    command: ServePullRequest, state: Following, line: Line
) -> list[PullRequestEvent | EnvironmentAdded]:
    for request, hindrance in unserved(state, line):
        if request.number != command.number:
            continue
        if hindrance is None:
            return [_environment(command, request, state=state, line=line)]
        if hindrance is not request.hindrance:
            return [PullRequestHindered(**dict(command), why=hindrance)]
    return []


def _environment(
    command: ServePullRequest, request: PullRequest, *, state: Following, line: Line
) -> EnvironmentAdded:
    assert state.rule is not None  # noqa: S101 - only then is somebody unserved
    template = line[state.rule.template]
    return EnvironmentAdded(
        application_id=command.application_id,
        environment_id=next_environment(command.application_id, request),
        name=name_of(request.number),
        stage=name_of(request.number),
        production=False,
        settings=_settings(template.settings, request.branch),
        pull_request=request.number,
        template=template.environment_id,
    )


def _settings(template: EnvironmentSettings, branch: BranchName) -> EnvironmentSettings:
    """Take over the template's, but for what names its own stacks, and for who must agree."""
    own = {
        "branch": branch,
        "automatic": True,
        "stack_name": None,
        "adopts": (),
        "approvals": None,
        "windows": (),
    }
    return template.model_copy(update=own)


def _hindrance(request: PullRequest, rule: PullRequestRule, line: Line) -> Hindrance | None:
    if request.foreign:
        return Hindrance.FOREIGN
    for other in line.values():
        settings = other.settings
        bound = settings.automatic and settings.branch and other.pull_request is None
        if bound and matches(settings.branch or "", request.branch):
            return Hindrance.DEPLOYED
    if any(name_of(request.number) in (other.name, other.stage) for other in line.values()):
        return Hindrance.TAKEN
    there = sum(other.pull_request is not None for other in line.values())
    return Hindrance.AT_ONCE if there >= rule.at_once else None


def _is_news(fact: PullRequestOpened, state: Following) -> bool:
    known = state.open.get(fact.number)
    if known is None:
        ended = state.ended.get(fact.number)
        return ended is None or fact.updated_at > ended
    same = (known.branch, known.commit, known.foreign) == (fact.branch, fact.commit, fact.foreign)
    return fact.updated_at >= known.updated_at and not same


def _ends(fact: PullRequestEnded, state: Following, overdue: Iterable[PullRequest]) -> bool:
    known = state.open.get(fact.number)
    if fact.why is Ending.STALE:
        return any(known is one for one in overdue)
    if fact.updated_at is None:
        return known is not None
    last = known.updated_at if known else state.ended.get(fact.number)
    if known is None and last is not None:
        return fact.updated_at > last
    return last is None or fact.updated_at >= last


def _opened(state: Following, event: PullRequestOpened, at: datetime) -> PullRequest:
    known = state.open.get(event.number)
    same = known and (known.branch, known.foreign) == (event.branch, event.foreign)
    return PullRequest(
        **event.model_dump(exclude={"application_id"}),
        opened=known.opened if known and same else at,
        moved=at,
        hindrance=known.hindrance if known and same else None,
        trial=known.trial if known and same else None,
        environment_id=known.environment_id if known and same else None,
        turns=known.turns if known else 0,
    )


def _ended(state: Following, event: PullRequestEnded) -> Following:
    known = state.open.get(event.number)
    last = event.updated_at or (known and known.updated_at)
    others = {number: at for number, at in state.ended.items() if number != event.number}
    newest = dict([*others.items()][-(MOST_ENDED - 1) :])
    ended = {**newest, event.number: last} if last else newest
    still = {number: one for number, one in state.open.items() if number != event.number}
    return replace(state, open=still, ended=ended)
