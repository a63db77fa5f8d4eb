"""What the forge told us: the events of `delivery-<guid>`, and the heads of branches."""

from enum import StrEnum
from typing import Literal

from pydantic import Field

from trellis_contracts.message import Message
from trellis_contracts.names import (
    ApplicationId,
    BranchName,
    CommitSha,
    EnvironmentId,
    HookId,
    RepositoryName,
)
from trellis_contracts.pull_requests import PullRequestChanged
from trellis_contracts.rules import CheckConclusion, CheckName

NO_COMMIT = "0" * 40
"""What git says for "there is none": `before` of a new branch, `after` of a deleted one."""

DeliveryId = str


class PushedCommit(Message):
    """One commit of a push; `author` is the forge's login, never an e-mail or a real name."""

    sha: CommitSha
    message: str = Field(max_length=512)
    author: str | None = Field(default=None, max_length=128)


class PushReceived(Message):
    """Somebody pushed to a branch, said a delivery whose signature was right.

    `commits` is cut to the newest when there are many, which `commits_cut` says: path filters
    then count as matching. `paths` is what its commits changed, None when that is not known whole.
    """

    delivery: DeliveryId
    hook: HookId
    forge: Literal["github"] = "github"
    repository: RepositoryName
    branch: BranchName
    before: CommitSha
    after: CommitSha
    forced: bool = False
    pusher: str | None = Field(default=None, max_length=128)
    commits: tuple[PushedCommit, ...] = ()
    commits_cut: bool = False
    paths: tuple[str, ...] | None = None


class BranchDeleted(Message):
    """A branch was deleted, said a delivery; `before` was its last head."""

    delivery: DeliveryId
    hook: HookId
    forge: Literal["github"] = "github"
    repository: RepositoryName
    branch: BranchName
    before: CommitSha


class RepositoryRenamed(Message):
    """A repository has another name or owner, said a delivery; `repository` was its name."""

    delivery: DeliveryId
    hook: HookId
    forge: Literal["github"] = "github"
    repository: RepositoryName
    renamed_to: RepositoryName


class CheckCompleted(Message):
    """A check of the team's CI said something of a commit, by a delivery."""

    delivery: DeliveryId
    hook: HookId
    forge: Literal["github"] = "github"
    repository: RepositoryName
    commit: CommitSha
    check: CheckName
    conclusion: CheckConclusion


class Ignorance(StrEnum):
    """Why a delivery changes nothing."""

    PING = "ping"
    TAG = "tag"
    EVENT_NOT_USED = "event_not_used"
    CHECK_NOT_OVER = "check_not_over"
    PULL_REQUEST_UNMOVED = "pull_request_unmoved"
    NO_APPLICATION = "no_application"


class DeliveryIgnored(Message):
    """A delivery was understood and changes nothing, for a reason that is kept."""

    delivery: DeliveryId
    hook: HookId
    forge: Literal["github"] = "github"
    event: str = Field(max_length=64)
    reason: Ignorance


class PushRouted(Message):
    """A push was offered to every environment bound to its branch; nothing of it is left to do."""

    delivery: DeliveryId
    environments: tuple[EnvironmentId, ...]


class HeadSource(StrEnum):
    """Who said where a branch stands."""

    PUSH = "push"
    REMOTE = "remote"


class BranchHeadObserved(Message):
    """A branch of an application's repository stands at this commit."""

    application_id: ApplicationId
    branch: BranchName
    commit: CommitSha
    source: HeadSource


class BranchUnobservable(Message):
    """The remote did not say where a branch stands; `detail` says what to do.

    `gone`: it answered, and has no such branch.
    """

    application_id: ApplicationId
    branch: BranchName
    detail: str = Field(max_length=1024)
    gone: bool = False


Delivered = (
    PushReceived
    | BranchDeleted
    | CheckCompleted
    | PullRequestChanged
    | RepositoryRenamed
    | DeliveryIgnored
)
"""What ingest publishes into the inbox."""

DeliveryEvent = Delivered | PushRouted
