"""What the forge told us: the events of `delivery-<guid>`, and the heads of branches."""

import re
from collections.abc import Iterator
from enum import StrEnum
from typing import Final, Literal

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
from trellis_contracts.rules import BranchPattern, CheckConclusion, CheckName

_NUMBER = re.compile(r"([0-9]+)")

MOST_LISTED: Final = 100
"""Branches of one glob that are looked at."""

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


class BranchesListed(Message):
    """The branches of a glob stand at these commits, says the remote; `more`: it has others, too.

    As an event: `heads` are those that were only recorded, and deployed nothing.
    """

    application_id: ApplicationId
    pattern: BranchPattern
    heads: dict[BranchName, CommitSha] = Field(max_length=MOST_LISTED)
    more: bool = False


class BranchesUnlisted(Message):
    """The remote did not say which branches of a glob it has; `detail` says what to do."""

    application_id: ApplicationId
    pattern: BranchPattern
    detail: str = Field(max_length=1024)


def in_order(branch: BranchName) -> list[tuple[int, int, str]]:
    """Give what orders branches by name, numbers in them by size: `release/9`, `release/10`."""
    parts = _NUMBER.split(branch)
    return [(1, int(one), "") if at % 2 else (0, 0, one) for at, one in enumerate(parts)]


def heads_of(listed: BranchesListed) -> Iterator[BranchHeadObserved]:
    """Give each head of a list by itself, in the order of their names."""
    for branch in sorted(listed.heads, key=in_order):
        commit = listed.heads[branch]
        yield BranchHeadObserved(
            application_id=listed.application_id,
            branch=branch,
            commit=commit,
            source=HeadSource.REMOTE,
        )


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
