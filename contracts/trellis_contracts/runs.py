"""Runs: what the work queue holds, and what a builder reports about it."""

from enum import StrEnum
from typing import ClassVar

from pydantic import Field

from trellis_contracts.continuing import Continuation
from trellis_contracts.deployments import CommitResolved, DeployKind, ReleaseDeployed
from trellis_contracts.failing import DeploymentEvent
from trellis_contracts.failures import FailureEvent
from trellis_contracts.message import Message, UtcDatetime
from trellis_contracts.names import (
    ApplicationId,
    BranchName,
    CommitSha,
    DeploymentId,
    EnvironmentId,
    RepositoryUrl,
    RunId,
    StackName,
)
from trellis_contracts.previewing import PreviewOutcome, PreviewRun
from trellis_contracts.pushes import (
    BranchesListed,
    BranchesUnlisted,
    BranchHeadObserved,
    BranchUnobservable,
)
from trellis_contracts.releases import Release, Target
from trellis_contracts.rules import BranchPattern
from trellis_contracts.steps import Step
from trellis_contracts.trials import TrialEnded, TrialRun

SETTLE_SECONDS = 3900.0
"""How long a stack may take to settle when its run is to end: a custom resource has an hour."""

PUT_BACK_SECONDS = 3 * SETTLE_SECONDS
"""What a run may take beyond its deadline while its builder lives: what runs settles, the stacks
that changed are put back, and what of that is out of time settles."""


class StartRun(Message):
    """Work: bring one environment to one state. It is started once, whatever is redelivered.

    `previous` is what the environment runs now: the stacks that it owns.
    """

    schema_version: ClassVar[int] = 2

    application_id: ApplicationId
    environment_id: EnvironmentId
    deployment_id: DeploymentId
    number: int
    run_id: RunId
    fence: int
    attempt: int
    deadline: UtcDatetime
    kind: DeployKind
    target: Target
    commit: CommitSha | None = None
    branch: BranchName | None = None
    release: Release | None = None
    previous: Release | None = None
    continues: Continuation | None = None


class ObserveBranch(Message):
    """Work: ask the remote where a branch stands."""

    application_id: ApplicationId
    repository: RepositoryUrl
    branch: BranchName
    clone_token_version: int | None = None


class ListBranches(Message):
    """Work: ask the remote which branches of a glob it has, and where they stand."""

    application_id: ApplicationId
    repository: RepositoryUrl
    pattern: BranchPattern
    clone_token_version: int | None = None


Work = StartRun | ObserveBranch | ListBranches | PreviewRun | TrialRun


class RunEvent(DeploymentEvent):
    """Something that a run's builder reported: an event of the stream `run-<id>`."""

    run_id: RunId


class RunStarted(RunEvent):
    """A builder took the run: it will never be given to another one."""

    builder: str = Field(max_length=128)
    attempt: int


class StepStarted(RunEvent):
    """A step began."""

    step: Step


class StepFinished(RunEvent):
    """A step ended; `exit_code` is None where no program ran."""

    step: Step
    succeeded: bool
    exit_code: int | None = None
    seconds: float = Field(ge=0)


class ResourceProgress(Message):
    """One resource of a stack changed its state, as CloudFormation says it."""

    logical_id: str = Field(max_length=255)
    type: str = Field(max_length=255)
    status: str = Field(max_length=64)
    reason: str | None = Field(default=None, max_length=1024)
    at: UtcDatetime


class StackProgress(RunEvent):
    """A stack moved on: what changed since the last one, at most one a second for each stack.

    `done` of `total` resources have reached their end; `total` is 0 while it is not known.
    """

    stack: StackName
    status: str = Field(max_length=64)
    resources: tuple[ResourceProgress, ...] = ()
    done: int = Field(ge=0)
    total: int = Field(ge=0)


class RunSucceeded(RunEvent):
    """The run did what it was for: `release` is what now runs; None where none is made."""

    release: Release | None
    stacks: tuple[str, ...] = ()
    seconds: float = Field(ge=0)


class RunCancelled(RunEvent):
    """The run was ended because somebody asked; the cloud is settled."""

    cloud_touched: bool


class RunAbandoned(RunEvent):
    """The builder that had the run was restarted: the run will not go on."""


RunStreamEvent = RunStarted | StepStarted | StepFinished | StackProgress
"""What is kept in `run-<id>`."""

RunOutcome = RunSucceeded | RunCancelled | RunAbandoned | FailureEvent
"""What ends a run; decided on `environment-<id>`, against the fence."""

Fact = (
    RunStreamEvent
    | CommitResolved
    | ReleaseDeployed
    | RunOutcome
    | PreviewOutcome
    | TrialEnded
    | BranchHeadObserved
    | BranchUnobservable
    | BranchesListed
    | BranchesUnlisted
)
"""Everything that a builder reports."""


class Instruction(StrEnum):
    """What the answer to a heartbeat tells the builder."""

    PROCEED = "proceed"
    CANCEL = "cancel"
    """Somebody asked to end it: end it and say so with RunCancelled."""
    STOP = "stop"
    """The run is no longer the environment's: end it, its results will not be taken."""


class Heartbeat(Message):
    """The builder is alive and works on the run."""

    environment_id: EnvironmentId
    run_id: RunId
    fence: int


class HeartbeatAnswer(Message):
    """What the builder is to do."""

    instruction: Instruction
