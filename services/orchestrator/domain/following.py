"""What is known of an application's pull requests: how they are followed, and which are open.

The states that `pull_requests.evolve` and `trials.evolve` fold.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from trellis_contracts.names import BranchName, CommitSha, EnvironmentId
from trellis_contracts.pull_requests import Hindrance, PullRequestRule
from trellis_contracts.trials import TrialRequested


@dataclass(frozen=True)
class Trial:
    """The newest trial of a foreign one; `passed` is None while no builder has ended it."""

    request: TrialRequested
    passed: bool | None = None

    @property
    def is_under_way(self) -> bool:
        """Say whether somebody waits for it."""
        return self.passed is None


@dataclass(frozen=True, kw_only=True)
class PullRequest:
    """An open pull request: since when it is open as it is, and when it moved last.

    `environment_id` is its environment, while there is one; `turns` counts those that it has had.
    """

    number: int
    foreign: bool
    branch: BranchName
    commit: CommitSha
    updated_at: datetime
    opened: datetime
    moved: datetime
    hindrance: Hindrance | None = None
    trial: Trial | None = None
    environment_id: EnvironmentId | None = None
    turns: int = 0


@dataclass(frozen=True)
class Following:
    """How pull requests are followed, which are open, and the forge's last word on others."""

    rule: PullRequestRule | None = None
    open: Mapping[int, PullRequest] = field(default_factory=dict)
    ended: Mapping[int, datetime] = field(default_factory=dict)
