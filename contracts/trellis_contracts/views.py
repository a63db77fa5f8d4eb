"""The read models that people see: what projections keep, the API serves and the CLI prints."""

from enum import StrEnum

from pydantic import Field

from trellis_contracts.applications import VariableValue
from trellis_contracts.continuing import Continuation
from trellis_contracts.deployments import DeployKind, Trigger
from trellis_contracts.message import Message, UtcDatetime
from trellis_contracts.names import (
    ActorId,
    ApplicationId,
    BranchName,
    CommitSha,
    DeploymentId,
    EnvironmentId,
    RepositoryUrl,
    RunId,
    Stage,
    VariableName,
)
from trellis_contracts.parties import Party
from trellis_contracts.pull_requests import Hindrance, Number, PullRequestRule
from trellis_contracts.releases import Cloud, StackOutputs
from trellis_contracts.rules import Gate, SkipReason
from trellis_contracts.runs import ResourceProgress
from trellis_contracts.settings import EnvironmentSettings
from trellis_contracts.steps import Step


class DeploymentState(StrEnum):
    """Where a deployment stands."""

    WAITING = "waiting"
    RUNNING = "running"
    CANCELLING = "cancelling"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    ERRORED = "errored"
    CANCELLED = "cancelled"
    SUPERSEDED = "superseded"


class FailureView(Message):
    """Why a deployment did not succeed, and who must act."""

    event: str
    sentence: str
    must_act: Party
    tail: tuple[str, ...] = ()


class StepView(Message):
    """One step of a run; `seconds` is None while it goes on."""

    step: Step
    started_at: UtcDatetime
    succeeded: bool | None = None
    exit_code: int | None = None
    seconds: float | None = None


class StackView(Message):
    """A stack while a run changes it: the newest state of each resource that moved."""

    stack: str
    status: str
    done: int
    total: int
    resources: tuple[ResourceProgress, ...] = ()


class RunView(Message):
    """One attempt of a builder."""

    run_id: RunId
    attempt: int
    builder: str | None = None
    started_at: UtcDatetime
    steps: tuple[StepView, ...] = ()
    stacks: tuple[StackView, ...] = ()


class DeploymentView(Message):
    """One deployment, whole: what was asked by whom, how it went, what came of it.

    `seconds` counts from the start of its first run; `supersedes` and the like are found by
    `superseded_by`. `secrets` are names only. While it waits, `gates` are what it waits for
    besides its turn, and `content` is what an approval is bound to. `cannot_undo` says what a
    rollback does not bring back.
    """

    application_id: ApplicationId
    application: str
    environment_id: EnvironmentId
    environment: str
    deployment_id: DeploymentId
    number: int
    kind: DeployKind
    trigger: Trigger
    state: DeploymentState
    actor: ActorId
    branch: BranchName | None = None
    commit: CommitSha | None = None
    message: str | None = None
    source: EnvironmentId | None = None
    rolls_back_to: int | None = None
    superseded_by: DeploymentId | None = None
    cancel_requested_by: ActorId | None = None
    requested_at: UtcDatetime
    started_at: UtcDatetime | None = None
    finished_at: UtcDatetime | None = None
    seconds: float | None = None
    runs: tuple[RunView, ...] = ()
    failure: FailureView | None = None
    stacks: tuple[StackOutputs, ...] = ()
    cloud: Cloud | None = None
    variables: tuple[VariableName, ...] = ()
    secrets: tuple[VariableName, ...] = ()
    gates: tuple[Gate, ...] = ()
    content: str | None = None
    approvers: tuple[ActorId, ...] = ()
    freeze_overridden_by: ActorId | None = None
    freeze_override_reason: str | None = None
    continues: Continuation | None = None
    cannot_undo: tuple[str, ...] = ()


class SkipView(Message):
    """A push that was not deployed, and why."""

    branch: BranchName
    commit: CommitSha
    reason: SkipReason
    detail: str
    at: UtcDatetime


class HoldView(Message):
    """Since which rollback no push deploys, and which commits are barred."""

    number: int
    barred: tuple[CommitSha, ...] = ()
    since: UtcDatetime


class ReleaseView(Message):
    """What an environment runs now; `passed`, unless its command after the deploy has not yet."""

    deployment_id: DeploymentId
    number: int
    commit: CommitSha
    branch: BranchName | None = None
    stacks: tuple[StackOutputs, ...]
    cloud: Cloud
    since: UtcDatetime
    gone: bool = False
    """True when the local AWS that held it has stopped since."""
    passed: bool = True


class EnvironmentView(Message):
    """An environment on the board: what it runs, what happens to it, how it is set.

    That of a `pull_request` uses the variables, secrets and credentials of its `template`. `over`:
    it needs no environment any more, so this one is on its way out.
    """

    environment_id: EnvironmentId
    name: str
    stage: Stage
    production: bool
    pull_request: Number | None = None
    template: EnvironmentId | None = None
    over: bool = False
    settings: EnvironmentSettings
    variables: dict[VariableName, VariableValue] = {}
    secrets: dict[VariableName, int] = {}
    credentials_version: int | None = None
    release: ReleaseView | None = None
    running: DeploymentId | None = None
    waiting: tuple[DeploymentId, ...] = ()
    last: DeploymentId | None = None
    hold: HoldView | None = None
    skipped: tuple[SkipView, ...] = ()
    """The newest that were not deployed, newest first."""


class DeletionView(Message):
    """Somebody wants the application gone: who, since when, and what could not be torn down.

    `failures` says for each environment, by name, why; asking again tries it again.
    """

    actor: ActorId
    requested_at: UtcDatetime
    failures: dict[str, str] = {}
    deleted_at: UtcDatetime | None = None


class TrialView(Message):
    """How a foreign pull request's commit was tried; `run_id` is what its lines are found by.

    `passed` is None while it goes on.
    """

    commit: CommitSha
    run_id: RunId
    by: ActorId
    passed: bool | None = None
    sentence: str | None = None
    tail: tuple[str, ...] = ()


class PullRequestView(Message):
    """An open pull request; `hindrance` is why it has no environment."""

    number: Number
    branch: BranchName
    commit: CommitSha
    foreign: bool
    hindrance: Hindrance | None = None
    trial: TrialView | None = None


class ApplicationView(Message):
    """An application with its environments, in their order.

    `following` is how pull requests get environments, `pull_requests` are those that are open.
    `removed` are environments that were its own once: their history stays. With a `deletion` it is
    on its way out, or gone.
    """

    application_id: ApplicationId
    name: str
    repository: RepositoryUrl
    default_branch: BranchName
    folder: str = ""
    created_at: UtcDatetime
    webhook_seen: bool = False
    heads: dict[BranchName, CommitSha] = {}
    unobservable: str | None = None
    watches: tuple[str, ...] = ()
    environments: tuple[EnvironmentView, ...] = ()
    removed: tuple[EnvironmentView, ...] = ()
    following: PullRequestRule | None = None
    pull_requests: tuple[PullRequestView, ...] = ()
    deletion: DeletionView | None = None


class ViewChanged(Message):
    """A view changed at a position of the store: the item of the change feed."""

    view: str
    key: str
    position: int = Field(ge=0)
