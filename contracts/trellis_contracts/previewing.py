"""Previews: what a promotion or a rollback would change, seen before anybody confirms it.

Events of the stream `preview-<id>`. A preview is a run that touches nothing: it takes no slot of
its environment and has no fence. The same content has the same id, so whoever approves finds the
preview of exactly what waits.
"""

from enum import StrEnum

from pydantic import Field

from trellis_contracts.changes import CommitsBetween, StackChanges, ValueChange
from trellis_contracts.deployments import DeployKind
from trellis_contracts.message import Message, UtcDatetime
from trellis_contracts.names import (
    ActorId,
    ApplicationId,
    BranchName,
    CommitSha,
    DeploymentId,
    EnvironmentId,
    PreviewId,
    RunId,
    derived_id,
)
from trellis_contracts.releases import Release, Target


class PreviewPromotion(Message):
    """Say what promoting to `environment_id` what `source` runs would change."""

    environment_id: EnvironmentId
    source: EnvironmentId


class PreviewRollback(Message):
    """Say what bringing back an earlier success would change; the one before if not said."""

    environment_id: EnvironmentId
    deployment_id: DeploymentId | None = None


class PreviewEventOf(Message):
    """Something that happened to one preview; `run_id` is that of its attempt."""

    application_id: ApplicationId
    environment_id: EnvironmentId
    preview_id: PreviewId
    run_id: RunId


class PreviewRequested(PreviewEventOf):
    """Somebody asked what would change, and the deployment itself would be allowed.

    `content` is what an approval would be bound to. `current` is the deployment that the
    environment runs, `previous` the release of it, and `values` what differs from then. After
    `deadline` nobody waits for it any more.
    """

    attempt: int = Field(ge=1)
    kind: DeployKind
    target: Target
    content: str = Field(pattern=r"^[0-9a-f]{64}$")
    commit: CommitSha | None
    branch: BranchName | None = None
    source: EnvironmentId | None = None
    release: Release | None = None
    current: DeploymentId | None = None
    previous: Release | None = None
    values: tuple[ValueChange, ...] = ()
    deadline: UtcDatetime


class PreviewMade(PreviewEventOf):
    """This is what would change, as the cloud itself worked it out; nothing was changed."""

    commits: CommitsBetween
    stacks: tuple[StackChanges, ...]
    seconds: float = Field(ge=0)


class PreviewFailed(PreviewEventOf):
    """It could not be worked out; a deployment would fail of the same, if `sentence` is its."""

    sentence: str = Field(max_length=4096)
    tail: tuple[str, ...] = ()


class PreviewRun(Message):
    """Work: find out what would change, and touch nothing."""

    preview: PreviewRequested


PreviewCommand = PreviewPromotion | PreviewRollback
PreviewOutcome = PreviewMade | PreviewFailed
PreviewEvent = PreviewRequested | PreviewMade | PreviewFailed


def preview_id_of(environment_id: EnvironmentId, content: str) -> PreviewId:
    """Say under which id the preview of a deployment's content is found."""
    return derived_id("preview", environment_id, content)


class PreviewState(StrEnum):
    """Where a preview stands."""

    RUNNING = "running"
    MADE = "made"
    FAILED = "failed"


class PreviewView(Message):
    """What a promotion or a rollback would change, asked before anybody confirms it.

    `run_id` is what its log lines are found by, `current` the deployment that the environment ran
    when it was asked, `content` what an approval of it would be bound to. `ended_at` says of when
    it is: what the cloud has changed since, it does not know.
    """

    preview_id: PreviewId
    application_id: ApplicationId
    environment_id: EnvironmentId
    environment: str
    run_id: RunId
    state: PreviewState
    actor: ActorId
    kind: DeployKind
    commit: CommitSha | None = None
    content: str
    current: DeploymentId | None = None
    values: tuple[ValueChange, ...] = ()
    commits: CommitsBetween | None = None
    stacks: tuple[StackChanges, ...] = ()
    failure: str | None = None
    tail: tuple[str, ...] = ()
    requested_at: UtcDatetime
    ended_at: UtcDatetime | None = None
