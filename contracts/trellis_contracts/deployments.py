"""Deployments: commands and events of the stream `environment-<id>`.

One family serves every kind: a DeployRequested takes a number, DeployStarted takes the
environment's slot with a fence, and exactly one outcome frees it: DeploySucceeded,
EnvironmentTornDown, RollbackContinued, DeployCancelled or one of `failures`. DeploySuperseded and
DeployCancelled may also end a deployment that never started.
"""

import json
from enum import StrEnum
from hashlib import sha256
from typing import ClassVar

from pydantic import Field

from trellis_contracts.continuing import Continuation, ContinueRollback, RollbackContinued
from trellis_contracts.failing import DeploymentEvent
from trellis_contracts.failures import FailureEvent
from trellis_contracts.gating import GatingCommand, GatingEvent
from trellis_contracts.message import Message, UtcDatetime
from trellis_contracts.names import (
    ActorId,
    ApplicationId,
    BranchName,
    CommitSha,
    DeploymentId,
    EnvironmentId,
    RunId,
)
from trellis_contracts.pushes import DeliveryId
from trellis_contracts.releases import Release, Target


class DeployKind(StrEnum):
    """What a deployment does to its environment."""

    DEPLOY = "deploy"
    REDEPLOY = "redeploy"
    PROMOTE = "promote"
    ROLLBACK = "rollback"
    TEARDOWN = "teardown"
    CONTINUE = "continue"
    """It continues the stuck rollback of a stack, and changes nothing else."""


class Trigger(StrEnum):
    """What made somebody ask for it."""

    PUSH = "push"
    HEAD = "head"
    """A branch head that was asked from the remote: no webhook told of it."""
    PERSON = "person"


class DeployRequested(DeploymentEvent):
    """Somebody asked for a deployment, and it was allowed.

    `commit` is None until the run has resolved the newest commit of `branch`. `release` is
    what a rollback brings back and a teardown removes. `source` is the environment that a
    promotion comes from. `asked_by` may not approve it, unless that is allowed. `continues` is the
    stuck rollback that is to go on.
    """

    schema_version: ClassVar[int] = 2

    kind: DeployKind
    trigger: Trigger
    target: Target
    commit: CommitSha | None = None
    branch: BranchName | None = None
    delivery: DeliveryId | None = None
    source: EnvironmentId | None = None
    release: Release | None = None
    asked_by: ActorId | None = None
    continues: Continuation | None = None

    @property
    def content(self) -> str:
        """What it would bring: the sha256 that an approval is bound to."""
        bound = self.model_dump(
            mode="json", include={"kind", "target", "commit", "branch", "release"}
        )
        return sha256(json.dumps(bound, sort_keys=True).encode()).hexdigest()


class DeployStarted(DeploymentEvent):
    """The deployment has the environment's slot; `fence` outranks every earlier run's."""

    run_id: RunId
    fence: int = Field(ge=1)
    attempt: int = Field(ge=1)
    deadline: UtcDatetime


class CommitResolved(DeploymentEvent):
    """The newest commit of the deployment's branch, as the run found it."""

    run_id: RunId
    commit: CommitSha


class ReleaseDeployed(DeploymentEvent):
    """The stacks stand, so the environment runs this; the command after the deploy is to pass."""

    run_id: RunId
    release: Release


class DeploySuperseded(DeploymentEvent):
    """A newer push took the waiting deployment's place."""

    by: DeploymentId


class CancelRequested(DeploymentEvent):
    """Somebody asked to end a running deployment; the run ends it and says how."""


class DeployCancelled(DeploymentEvent):
    """The deployment ended because somebody asked; `cloud_touched` says if stacks had changed."""

    cloud_touched: bool


class DeploySucceeded(DeploymentEvent):
    """The environment runs this release."""

    run_id: RunId
    kind: DeployKind
    release: Release
    seconds: float = Field(ge=0)


class EnvironmentTornDown(DeploymentEvent):
    """Nothing of the environment is left in the cloud: every stack was looked for and is gone."""

    run_id: RunId
    stacks: tuple[str, ...]
    seconds: float = Field(ge=0)


class ReleaseVanished(Message):
    """What the environment ran is gone, because the local AWS that held it has stopped."""

    application_id: ApplicationId
    environment_id: EnvironmentId
    instance: str


EnvironmentEvent = (
    DeployRequested
    | DeployStarted
    | CommitResolved
    | ReleaseDeployed
    | DeploySuperseded
    | CancelRequested
    | DeployCancelled
    | DeploySucceeded
    | EnvironmentTornDown
    | RollbackContinued
    | ReleaseVanished
    | FailureEvent
    | GatingEvent
)


class RequestDeploy(Message):
    """Deploy a commit, or the newest commit of a branch (the environment's own if none is given).

    Never for a production environment: promote to it. `message` is that of the commit, `paths`
    what the push changed; None where that is not known, and then no rule skips it.
    """

    environment_id: EnvironmentId
    commit: CommitSha | None = None
    branch: BranchName | None = None
    trigger: Trigger = Trigger.PERSON
    delivery: DeliveryId | None = None
    message: str | None = Field(default=None, max_length=512)
    paths: tuple[str, ...] | None = None


class Redeploy(Message):
    """Build and deploy the commit that the environment runs once more, with today's settings."""

    environment_id: EnvironmentId


class Promote(Message):
    """Deploy to `environment_id` the commit that `source` runs."""

    environment_id: EnvironmentId
    source: EnvironmentId


class RollBack(Message):
    """Bring back an earlier success of the environment: the one before the current, if not said."""

    environment_id: EnvironmentId
    deployment_id: DeploymentId | None = None


class TearDown(Message):
    """Remove everything that the environment has in the cloud; `confirm` is its name."""

    environment_id: EnvironmentId
    confirm: str = Field(max_length=64)


class Cancel(Message):
    """End a deployment: at once while it waits or has not touched the cloud, else by its run."""

    environment_id: EnvironmentId
    deployment_id: DeploymentId


class ExpireRun(Message):
    """A deadline of a run has passed: the builder fell silent, or the time is up."""

    environment_id: EnvironmentId
    run_id: RunId
    silent: bool


class RecordCloudReset(Message):
    """The local AWS started anew as `instance`: what ran on an earlier one is gone."""

    instance: str = Field(min_length=1, max_length=64)


EnvironmentCommand = (
    RequestDeploy
    | Redeploy
    | Promote
    | RollBack
    | TearDown
    | ContinueRollback
    | Cancel
    | ExpireRun
    | GatingCommand
)
