"""Pull requests: what a forge says of them is recorded, and environments are made to follow.

What is to be opened and removed follows from the application's state, which is looked at on every
tick: so a delivery that was missed, a crash, or a teardown that failed needs nothing of its own.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from services.chassis.clock import Clock
from services.orchestrator.adapters.alone import alone
from services.orchestrator.adapters.routing import Index
from services.orchestrator.domain import pull_requests, trials
from services.orchestrator.domain.connected import Application
from services.orchestrator.domain.own import own
from services.orchestrator.domain.pull_requests import next_environment
from services.orchestrator.handlers.applications import Applications
from services.orchestrator.handlers.branches import Branches
from services.orchestrator.handlers.emptying import Emptying
from services.orchestrator.handlers.environments import Environments
from trellis_contracts import codec
from trellis_contracts.lifecycles import RemoveEnvironment
from trellis_contracts.names import ActorId, ApplicationId, EnvironmentId, derived_id
from trellis_contracts.pull_requests import (
    Ending,
    PullRequestChanged,
    PullRequestEnded,
    PullRequestFact,
    PullRequestOpened,
    ServePullRequest,
)
from trellis_contracts.pushes import BranchDeleted

_FIRST_PAUSE, _LONGEST_PAUSE = timedelta(hours=1), timedelta(days=1)


class Pauses:
    """When a teardown may be tried: at once, then after 1, 2, 4 … hours; a restart begins anew."""

    def __init__(self) -> None:
        self._next: dict[EnvironmentId, tuple[datetime, timedelta]] = {}

    def is_due(self, environment_id: EnvironmentId, now: datetime) -> bool:
        """Say whether it may be tried now, which counts as a try."""
        due, pause = self._next.get(environment_id, (now, _FIRST_PAUSE))
        if now >= due:
            self._next[environment_id] = now + pause, min(pause * 2, _LONGEST_PAUSE)
        return now >= due


class PullRequests:
    """The pull requests of every application that wants environments for them."""

    def __init__(
        self,
        index: Index,
        *,
        applications: Applications,
        environments: Environments,
        branches: Branches,
        emptying: Emptying,
        clock: Clock,
    ) -> None:
        self._index, self._clock = index, clock
        self._applications, self._environments = applications, environments
        self._branches, self._emptying = branches, emptying
        self._pauses = Pauses()

    async def hear(
        self,
        delivered: PullRequestChanged | BranchDeleted,
        connected: tuple[ApplicationId, ...],
        *,
        actor: ActorId,
    ) -> None:
        """Record what a delivery says of pull requests, and have the remote asked for the rest."""
        for application_id in connected:
            application = await self._applications.state(application_id)
            if not isinstance(application, Application):
                continue
            for fact in _facts(delivered, application):
                id_ = derived_id(delivered.delivery, application_id, fact.number)
                await self._applications.answer(fact, codec.asked(fact, id_=id_, actor=actor))
            if isinstance(delivered, PullRequestChanged) and delivered.open:
                await self._look(application, delivered)

    async def tick(self) -> None:
        """Open, end and remove what is due.

        Raises:
            Unavailable: the rest is done by the next tick.
        """
        for application in self._index.with_pull_requests():
            name = application.created.name
            await alone(self._go_on(application), "pull requests wait", application=name)

    async def _go_on(self, application: Application) -> None:
        await self._end(application)
        await self._end_late(application)
        await self._open(application)
        for environment_id in application.environments:
            if application.is_over(environment_id):
                await self._remove(application, environment_id)

    async def _end(self, application: Application) -> None:
        now = self._clock()
        for request in pull_requests.overdue(application.pull_requests, application.moved, now):
            fact = _ended(application, request.number, Ending.STALE)
            id_parts = fact.application_id, request.number, request.moved, "stale"
            await self._applications.answer(fact, own(fact, *id_parts))

    async def _end_late(self, application: Application) -> None:
        """End the trials that no builder ended in time."""
        for trial in trials.under_way(application):
            if fact := trials.late(trial, self._clock()):
                await self._applications.answer(fact, own(fact, fact.run_id, "late"))

    async def _open(self, application: Application) -> None:
        """Serve the first that can be served, or whose hindrance is another one: one each tick."""
        application_id, line = application.created.application_id, application.environments
        for request, hindrance in pull_requests.unserved(application.pull_requests, line):
            if hindrance is None or hindrance is not request.hindrance:
                command = ServePullRequest(application_id=application_id, number=request.number)
                environment_id = next_environment(application_id, request)
                now = self._clock().isoformat()
                asked = own(command, environment_id, request.hindrance, hindrance, now)
                await self._applications.answer(command, asked)
                if hindrance is None:
                    await self._branches.look(application, request.branch, cause=environment_id)
                return

    async def _remove(self, application: Application, environment_id: EnvironmentId) -> None:
        name = application.environment(environment_id).name
        holds = await self._environments.state(environment_id)
        if holds.wants_teardown and not self._pauses.is_due(environment_id, self._clock()):
            return
        if await self._emptying.empty(
            environment_id, name, occasion="pull request", turn=holds.numbers
        ):
            command = RemoveEnvironment(
                application_id=application.created.application_id,
                environment_id=environment_id,
                confirm=name,
            )
            asked = own(command, environment_id, holds.numbers, "removed")
            await self._environments.settle_idle(command, asked)

    async def _look(self, application: Application, changed: PullRequestChanged) -> None:
        """The delivery may be late: where the branch stands is for the remote to say."""
        bound = application.opened_for(changed.branch)
        if bound and application.heads.get(changed.branch) != changed.commit:
            await self._branches.look(application, changed.branch, cause=changed.delivery)


def _facts(
    delivered: PullRequestChanged | BranchDeleted, application: Application
) -> Iterator[PullRequestFact]:
    if isinstance(delivered, BranchDeleted):
        for request in application.pull_requests.open.values():
            own = request.branch == delivered.branch and not request.foreign
            if own and request.commit == delivered.before:  # else it is there again: the poll tells
                yield _ended(application, request.number, Ending.BRANCH_DELETED)
    elif delivered.open:
        said = delivered.model_dump(include={"number", "foreign", "branch", "commit", "updated_at"})
        yield PullRequestOpened(application_id=application.created.application_id, **said)
    else:
        ended = _ended(application, delivered.number, Ending.CLOSED)
        yield ended.model_copy(update={"updated_at": delivered.updated_at})


def _ended(application: Application, number: int, why: Ending) -> PullRequestEnded:
    application_id = application.created.application_id
    return PullRequestEnded(application_id=application_id, number=number, why=why)
