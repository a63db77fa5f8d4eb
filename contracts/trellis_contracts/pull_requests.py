"""Pull requests, and the environments that they get: opened from a template, gone with them."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from trellis_contracts.message import Message, UtcDatetime
from trellis_contracts.names import (
    ApplicationId,
    BranchName,
    CommitSha,
    EnvironmentId,
    HookId,
    RepositoryName,
)

Number = Annotated[int, Field(ge=1, le=9_999_999)]
"""What a forge calls a pull request within its repository."""


class PullRequestRule(Message):
    """How pull requests get environments.

    Each has the settings of `template` as they are when it is opened, and its variables, secrets
    and credentials as they are at each deployment. There are `at_once` at most; one whose branch
    does not move for so many `days` is removed.
    """

    template: EnvironmentId
    days: int = Field(default=14, ge=1, le=90)
    at_once: int = Field(default=10, ge=1, le=50)


class PullRequestChanged(Message):
    """A pull request was opened, moved on, reopened or closed, said a delivery.

    `foreign`: its commit comes from a fork, or from where nobody knows. `updated_at` is the
    forge's own time of the change, by which deliveries that come late are known.
    """

    delivery: str
    hook: HookId
    forge: Literal["github"] = "github"
    repository: RepositoryName
    number: Number
    open: bool
    foreign: bool
    branch: BranchName
    commit: CommitSha
    updated_at: UtcDatetime
    sender: str | None = Field(default=None, max_length=128)


class PullRequestOpened(Message):
    """A pull request is open, and stands here."""

    application_id: ApplicationId
    number: Number
    foreign: bool
    branch: BranchName
    commit: CommitSha
    updated_at: UtcDatetime


class Ending(StrEnum):
    """Why a pull request needs no environment any more."""

    CLOSED = "closed"
    BRANCH_DELETED = "branch_deleted"
    STALE = "stale"


class PullRequestEnded(Message):
    """A pull request was closed, has lost its branch, or was left alone for too long.

    `updated_at` is the forge's time, where the forge said so.
    """

    application_id: ApplicationId
    number: Number
    why: Ending
    updated_at: UtcDatetime | None = None


class Hindrance(StrEnum):
    """Why an open pull request has no environment."""

    FOREIGN = "foreign"
    """A fork gets neither an environment nor a credential."""
    AT_ONCE = "at_once"
    """As many as are allowed are there."""
    DEPLOYED = "deployed"
    """A push to its branch deploys to another environment already."""
    TAKEN = "taken"
    """Another environment has its name or stage, maybe its own earlier one, on its way out."""


class PullRequestHindered(Message):
    """An open pull request gets no environment, for a reason that may pass."""

    application_id: ApplicationId
    number: Number
    why: Hindrance


class PullRequestsFollowed(Message):
    """Pull requests get environments from now on, in this way; None: they get none."""

    application_id: ApplicationId
    following: PullRequestRule | None


PullRequestFact = PullRequestOpened | PullRequestEnded
PullRequestEvent = PullRequestFact | PullRequestHindered | PullRequestsFollowed


class FollowPullRequests(Message):
    """Say how pull requests get environments; None: they get none, and those that are there go."""

    application_id: ApplicationId
    following: PullRequestRule | None


class ServePullRequest(Message):
    """Give an open pull request its environment, or say why it gets none."""

    application_id: ApplicationId
    number: Number


PullRequestCommand = FollowPullRequests | ServePullRequest
