"""What an environment holds: its slot, its queue, what it runs and what it once ran.

The states that `environment.evolve` folds and `environment.decide` reads.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from trellis_contracts.deployments import DeployKind, DeployRequested, DeployStarted, Trigger
from trellis_contracts.names import (
    ActorId,
    CommitSha,
    DeploymentId,
    RunId,
    StackName,
    derived_id,
)
from trellis_contracts.releases import Release, Target
from trellis_contracts.rules import Gate

MOST_SUCCESSES = 50
"""The newest that a state holds; an older one is looked for in the history when it is named."""

MOST_WAITING = 10
"""Deployments that people asked for and that wait; pushes may wait besides."""

MOST_PUSHES = 100
"""Pushes that wait where all of them are kept."""


@dataclass(frozen=True)
class Free:
    """Nothing is being deployed."""


@dataclass(frozen=True, kw_only=True)
class Running:
    """A deployment has the slot; `since` is when its first run was started."""

    request: DeployRequested
    run: DeployStarted
    since: datetime
    commit: CommitSha | None

    def is_run(self, run_id: RunId) -> bool:
        """Say whether this run holds the slot."""
        return self.run.run_id == run_id


@dataclass(frozen=True, kw_only=True)
class Cancelling(Running):
    """The same, and somebody asked to end it."""


Slot = Free | Running
"""A `Cancelling` is a `Running`."""


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """A deployment that has not begun: who agreed to it, and what it was last seen to wait for."""

    request: DeployRequested
    since: datetime
    approvers: tuple[ActorId, ...] = ()
    overridden: bool = False
    gates: tuple[Gate, ...] = ()

    def taking_in(self, target: Target) -> "Waiting":
        """Give it with other settings: what was approved is not what it would bring now."""
        request = self.request.model_copy(update={"target": target})
        return replace(self, request=request, approvers=())


@dataclass(frozen=True)
class Hold:
    """Since a rollback no push deploys; the commits that were taken away are barred."""

    number: int
    barred: tuple[CommitSha, ...] = ()


@dataclass(frozen=True)
class Success:
    """A deployment that succeeded, and the release that came of it."""

    deployment_id: DeploymentId
    number: int
    release: Release


@dataclass(frozen=True)
class Stuck:
    """A stack whose rollback failed, by its newest report, and the resources that block it."""

    stack: StackName
    resources: tuple[str, ...]


@dataclass(frozen=True)
class Nothing:
    """The environment runs nothing."""


@dataclass(frozen=True)
class Live:
    """The environment runs what this deployment brought; `passed`, when all of it succeeded.

    It has not when the stacks stand and the command after the deploy has failed, or still runs.
    """

    success: Success
    passed: bool = True


@dataclass(frozen=True)
class Vanished:
    """The environment ran this on a local AWS that has stopped since."""

    success: Success


Content = Nothing | Live | Vanished


@dataclass(frozen=True)
class Environment:
    """An environment as its stream tells it.

    `numbers` and `fences` count what was given out. `automatic` is the newest request that a push
    made. `touched` says that something of it may be in the cloud, whatever came of it. `hold` is
    what the newest rollback left behind, `skipped` the commit of the newest skipped push. `missed`
    says that it, or one before it, brought something, and that no push was taken since. `stuck` is
    the stack of the newest deployment that met one.
    """

    numbers: int = 0
    fences: int = 0
    slot: Slot = field(default_factory=Free)
    waiting: tuple[Waiting, ...] = ()
    content: Content = field(default_factory=Nothing)
    successes: tuple[Success, ...] = ()
    automatic: DeployRequested | None = None
    touched: bool = False
    hold: Hold | None = None
    skipped: CommitSha | None = None
    missed: bool = False
    stuck: Stuck | None = None

    @property
    def next_deadline(self) -> datetime | None:
        """When the running run's time is up; None while nothing runs."""
        return self.slot.run.deadline if isinstance(self.slot, Running) else None

    @property
    def release(self) -> Release | None:
        """What the environment runs, or ran before its cloud vanished."""
        return None if isinstance(self.content, Nothing) else self.content.success.release

    @property
    def is_clear(self) -> bool:
        """Say whether it holds nothing: no deployment, and nothing in the cloud."""
        return not self.touched and not self.waiting and isinstance(self.slot, Free)

    @property
    def wants_teardown(self) -> bool:
        """Say whether something of it may be in the cloud that nobody is tearing down."""
        running = (self.slot.request,) if isinstance(self.slot, Running) else ()
        asked = (*running, *(waiting.request for waiting in self.waiting))
        return self.touched and all(one.kind is not DeployKind.TEARDOWN for one in asked)

    def is_asked_for(self, deployment_id: DeploymentId) -> bool:
        """Say whether the deployment waits or runs."""
        running = isinstance(self.slot, Running) and self.slot.request.deployment_id
        return deployment_id == running or self.waits(deployment_id) is not None

    def waits(self, deployment_id: DeploymentId) -> Waiting | None:
        """Find a deployment among those that wait."""
        waiting = (w for w in self.waiting if w.request.deployment_id == deployment_id)
        return next(waiting, None)


def is_automatic(request: DeployRequested) -> bool:
    """Say whether a push made it, so that a newer push may take its place."""
    return request.trigger is not Trigger.PERSON


def next_in(ready: Iterable[DeployRequested]) -> DeployRequested | None:
    """Choose who gets the slot: what leads out of trouble first, then the longest waiting."""
    return min(ready, key=lambda r: (not leads_out(r), r.number), default=None)


def leads_out(request: DeployRequested) -> bool:
    """Say whether it is how a team gets out of trouble: a rollback, or one that goes on."""
    return request.kind in (DeployKind.ROLLBACK, DeployKind.CONTINUE)


def start(
    request: DeployRequested, *, attempt: int, fence: int, now: datetime, run_seconds: int
) -> DeployStarted:
    """Give the slot to a deployment: its run has an id of its own and outranks earlier ones."""
    return DeployStarted(
        application_id=request.application_id,
        environment_id=request.environment_id,
        deployment_id=request.deployment_id,
        number=request.number,
        run_id=derived_id(request.deployment_id, attempt),
        fence=fence,
        attempt=attempt,
        deadline=now + timedelta(seconds=run_seconds),
    )
