"""Trials: a commit of a foreign pull request is installed and tested, and gets nothing.

Somebody who may approve has looked at it. A trial has no environment, no variables, secrets or
credentials, and leaves nothing behind for other runs.
"""

from pydantic import Field

from trellis_contracts.message import Message, UtcDatetime
from trellis_contracts.names import (
    ApplicationId,
    ApplicationName,
    CommitSha,
    FolderPath,
    RepositoryUrl,
    RunId,
)
from trellis_contracts.settings import EnvironmentSettings

_LONGEST_SENTENCE = 4096


class TryPullRequest(Message):
    """Install and test a foreign pull request's commit, which must be the one where it stands."""

    application_id: ApplicationId
    number: int = Field(ge=1)
    commit: CommitSha


class TrialRequested(Message):
    """Somebody approved that a commit of a fork is tried, by these settings and no values.

    `run_id` is what its log lines are found by. After `deadline` nobody waits for it any more.
    """

    application_id: ApplicationId
    number: int = Field(ge=1)
    commit: CommitSha
    run_id: RunId
    attempt: int = Field(ge=1)
    application: ApplicationName
    repository: RepositoryUrl
    folder: FolderPath = ""
    settings: EnvironmentSettings
    clone_token_version: int | None = None
    deadline: UtcDatetime


class TrialEnded(Message):
    """A trial passed or failed; `sentence` says how."""

    application_id: ApplicationId
    number: int = Field(ge=1)
    commit: CommitSha
    run_id: RunId
    passed: bool
    sentence: str = Field(max_length=_LONGEST_SENTENCE)
    tail: tuple[str, ...] = ()


class TrialRun(Message):
    """Work: install and test a commit, and touch nothing."""

    trial: TrialRequested


TrialEvent = TrialRequested | TrialEnded
