"""The index: everything that is looked up across streams, folded in memory from the whole store.

Disposable: it is made anew at each start. Decisions are checked against the streams themselves.
"""

from collections import defaultdict
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import datetime
from typing import get_args

from services.orchestrator.domain import application, trials
from services.orchestrator.domain.connected import Application, NotCreated
from services.orchestrator.domain.refusals import IllegalEnvironment
from trellis_contracts.applications import ApplicationEvent, EnvironmentAdded
from trellis_contracts.continuing import RollbackContinued
from trellis_contracts.deployments import (
    CancelRequested,
    DeployCancelled,
    DeployRequested,
    DeployStarted,
    DeploySucceeded,
    DeploySuperseded,
    EnvironmentTornDown,
)
from trellis_contracts.failures import FailureEvent
from trellis_contracts.gating import GateFailure
from trellis_contracts.message import Message
from trellis_contracts.names import (
    ApplicationId,
    ApplicationName,
    BranchName,
    DeploymentId,
    EnvironmentId,
    HookId,
    PreviewId,
    RepositoryName,
)
from trellis_contracts.previewing import PreviewFailed, PreviewMade, PreviewRequested
from trellis_contracts.pull_requests import PullRequestChanged
from trellis_contracts.pushes import (
    BranchDeleted,
    CheckCompleted,
    DeliveryEvent,
    DeliveryId,
    DeliveryIgnored,
    PushReceived,
    PushRouted,
    RepositoryRenamed,
)
from trellis_contracts.runs import RunStarted
from trellis_contracts.trials import TrialRequested

_Outcome = (
    DeployCancelled
    | DeploySucceeded
    | EnvironmentTornDown
    | RollbackContinued
    | FailureEvent
    | GateFailure
)
_Underway = DeployStarted | CancelRequested | RunStarted
_Queue = DeployRequested | DeploySuperseded
_Delivered = (
    BranchDeleted | CheckCompleted | PullRequestChanged | RepositoryRenamed | DeliveryIgnored
)
_Preview = PreviewRequested | PreviewMade | PreviewFailed

FOLDED = frozenset(
    event.__name__
    for union in (ApplicationEvent, DeliveryEvent, _Outcome, _Underway, _Queue, _Preview)
    for event in get_args(union)
)
"""The types of events that the index is made of; others need not be read."""


@dataclass(frozen=True, kw_only=True)
class Underway:
    """The run that holds an environment; `taken` once a builder has started it."""

    run: DeployStarted
    taken: bool = False
    cancelling: bool = False


class Index:
    """What is where, as far as the store was followed."""

    def __init__(self) -> None:
        self.applications: dict[ApplicationId, Application] = {}
        self.underway: dict[EnvironmentId, Underway] = {}
        self.waiting: dict[EnvironmentId, set[DeploymentId]] = {}
        self.previews: dict[PreviewId, PreviewRequested] = {}
        self.unrouted: dict[DeliveryId, PushReceived] = {}
        self._homes: dict[EnvironmentId, ApplicationId] = {}
        self._heard: set[HookId] = set()
        self._leaving: set[ApplicationId] = set()
        self._pulled: set[ApplicationId] = set()
        self._trying: dict[ApplicationId, tuple[TrialRequested, ...]] = {}
        self._names: dict[ApplicationName, ApplicationId] = {}
        self._of_hook: defaultdict[HookId, set[ApplicationId]] = defaultdict(set)

    def application_of(self, environment_id: EnvironmentId) -> ApplicationId:
        """Say which application an environment belongs to.

        Raises:
            IllegalEnvironment: there is none of that id.
        """
        if environment_id not in self._homes:
            raise IllegalEnvironment(environment_id)
        return self._homes[environment_id]

    def environments(self) -> tuple[EnvironmentId, ...]:
        """List every environment."""
        return tuple(self._homes)

    def names(self) -> AbstractSet[ApplicationName]:
        """Give the names that are taken, always those of now."""
        return self._names.keys()

    def connected(self, hook: HookId, repository: RepositoryName) -> tuple[ApplicationId, ...]:
        """List the applications whose hook this is and whose repository was pushed to."""
        return tuple(
            found
            for found in self._of_hook.get(hook, ())
            if self.applications[found].created.repository_name == repository
        )

    def leaving(self) -> tuple[Application, ...]:
        """List the applications that are being deleted."""
        return tuple(self.applications[found] for found in self._leaving)

    def with_pull_requests(self) -> tuple[Application, ...]:
        """List the applications whose pull requests have environments, or may get some."""
        return tuple(self.applications[found] for found in self._pulled)

    def trials(self) -> tuple[TrialRequested, ...]:
        """List the trials of foreign pull requests that no builder has ended yet."""
        return tuple(trial for of_one in self._trying.values() for trial in of_one)

    def followed(self) -> Iterator[tuple[Application, BranchName]]:
        """Yield each branch that deploys somewhere, with its application."""
        for found in tuple(self.applications.values()):
            yield from ((found, branch) for branch in found.followed())

    def is_heard(self, hook: HookId) -> bool:
        """Say whether a webhook has ever arrived by this hook."""
        return hook in self._heard

    def fold(self, event: Message, *, at: datetime) -> None:
        """Take in one event, in the order of the store."""
        match event:
            case _ if isinstance(event, ApplicationEvent):
                self._fold_application(event, at)
            case PushReceived():
                self._heard.add(event.hook)
                self.unrouted[event.delivery] = event
            case PushRouted():
                self.unrouted.pop(event.delivery, None)
            case _ if isinstance(event, _Delivered):
                self._heard.add(event.hook)
            case PreviewRequested():
                self.previews[event.preview_id] = event
            case PreviewMade() | PreviewFailed():
                self.previews.pop(event.preview_id, None)
            case _:
                self._fold_queue(event)
                self._fold_run(event)

    def _fold_application(self, event: ApplicationEvent, at: datetime) -> None:
        before = self.applications.get(event.application_id, NotCreated())
        after = application.evolve(before, event, at=at)
        if isinstance(before, Application):
            self._names.pop(before.created.name, None)
            self._of_hook[before.created.hook].discard(event.application_id)
            self._leaving.discard(event.application_id)
            self._pulled.discard(event.application_id)
            self._trying.pop(event.application_id, None)
            del self.applications[event.application_id]
        if isinstance(after, Application):
            self._names[after.created.name] = event.application_id
            self._of_hook[after.created.hook].add(event.application_id)
            self.applications[event.application_id] = after
            if after.is_leaving:
                self._leaving.add(event.application_id)
            elif after.has_pull_requests:
                self._pulled.add(event.application_id)
                if tried := tuple(trials.under_way(after)):
                    self._trying[event.application_id] = tried
        if isinstance(event, EnvironmentAdded):
            self._homes[event.environment_id] = event.application_id

    def _fold_queue(self, event: Message) -> None:
        if isinstance(event, DeployRequested):
            self.waiting.setdefault(event.environment_id, set()).add(event.deployment_id)
        elif isinstance(event, _Outcome | DeployStarted | DeploySuperseded):
            left = self.waiting.get(event.environment_id, set()) - {event.deployment_id}
            self.waiting[event.environment_id] = left
            if not left:
                del self.waiting[event.environment_id]

    def _fold_run(self, event: Message) -> None:
        match event:
            case DeployStarted():
                self.underway[event.environment_id] = Underway(run=event)
            case RunStarted() if (found := self._holding(event)) and _same_run(found, event):
                self.underway[event.environment_id] = replace(found, taken=True)
            case CancelRequested() if found := self._holding(event):
                self.underway[event.environment_id] = replace(found, cancelling=True)
            case _ if isinstance(event, _Outcome) and self._holding(event):
                del self.underway[event.environment_id]
            case _:
                return

    def _holding(self, event: RunStarted | CancelRequested | _Outcome) -> Underway | None:
        found = self.underway.get(event.environment_id)
        return found if found and found.run.deployment_id == event.deployment_id else None


def _same_run(found: Underway, event: RunStarted) -> bool:
    return found.run.run_id == event.run_id
