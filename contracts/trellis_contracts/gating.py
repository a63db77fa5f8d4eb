"""Deployments that wait for more than their turn, and how one ends that never began.

The gates themselves are settings (`rules`); these are the events that tell of them.
"""

from typing import ClassVar

from pydantic import Field
from typing_extensions import override

from trellis_contracts.failing import DeploymentEvent, Failure
from trellis_contracts.message import Message
from trellis_contracts.names import (
    ActorId,
    ApplicationId,
    BranchName,
    CommitSha,
    DeploymentId,
    EnvironmentId,
)
from trellis_contracts.parties import Party
from trellis_contracts.pushes import DeliveryId
from trellis_contracts.releases import Target
from trellis_contracts.rules import CheckName, Gate, SkipReason


class DeployGated(DeploymentEvent):
    """The deployment waits for these now; none: for its turn only."""

    gates: tuple[Gate, ...]


class PromotionApproved(DeploymentEvent):
    """Somebody agreed to exactly this content; it does not count for any other."""

    approver: ActorId
    content: str = Field(pattern=r"^[0-9a-f]{64}$")


class ContentChanged(DeploymentEvent):
    """What a waiting deployment would bring has changed: earlier approvals have lapsed."""

    target: Target
    content: str = Field(pattern=r"^[0-9a-f]{64}$")


class FreezeOverridden(DeploymentEvent):
    """Somebody with the right to do so let the deployment start in spite of a freeze."""

    actor: ActorId
    reason: str = Field(min_length=1, max_length=512)


class DeploySkipped(Message):
    """A push was understood, its branch deploys here, and it was not deployed."""

    application_id: ApplicationId
    environment_id: EnvironmentId
    branch: BranchName
    commit: CommitSha
    delivery: DeliveryId | None = None
    reason: SkipReason
    detail: str = Field(max_length=512)


class AutomaticHeld(Message):
    """After a rollback no push deploys here, and the commit that it took away is barred.

    `commit` is None when the rollback brought back what ran already.
    """

    application_id: ApplicationId
    environment_id: EnvironmentId
    deployment_id: DeploymentId
    number: int = Field(ge=1)
    commit: CommitSha | None = None


class HoldLifted(Message):
    """Pushes deploy here again: somebody said so, or a newer commit has passed (`by`)."""

    application_id: ApplicationId
    environment_id: EnvironmentId
    by: DeploymentId | None = None


class ChecksFailed(Failure):
    """Checks that the environment waits for have failed for the commit."""

    checks: tuple[CheckName, ...]

    @property
    @override
    def sentence(self) -> str:
        failed = ", ".join(self.checks)
        return f"The commit did not pass {failed}, so it was not deployed: mend it and push."


class ChecksMissing(Failure):
    """Checks that the environment waits for have not come in time."""

    must_act: ClassVar[Party] = Party.TEAM
    checks: tuple[CheckName, ...]
    minutes: int

    @property
    @override
    def sentence(self) -> str:
        return (
            f"Nothing was heard of {', '.join(self.checks)} within {self.minutes} minutes: see "
            "that this check runs for the commit and that the hook sends it (events check_run "
            "and status), or take it out of the environment's checks."
        )


class ApprovalMissing(Failure):
    """Not enough people approved in time."""

    must_act: ClassVar[Party] = Party.TEAM
    hours: int

    @property
    @override
    def sentence(self) -> str:
        return f"It was not approved within {self.hours} hours: ask for it again."


class CommitBarred(Failure):
    """The newest commit of the branch is the one that a rollback took away."""

    must_act: ClassVar[Party] = Party.TEAM
    commit: CommitSha

    @property
    @override
    def sentence(self) -> str:
        return (
            f"Commit {self.commit[:7]} is barred here since it was rolled back: push a newer one, "
            "or lift the bar with `trellis resume`."
        )


GateFailure = ChecksFailed | ChecksMissing | ApprovalMissing | CommitBarred
"""What ends a deployment without a run's word."""

GatingEvent = (
    DeployGated
    | PromotionApproved
    | ContentChanged
    | FreezeOverridden
    | DeploySkipped
    | AutomaticHeld
    | HoldLifted
    | GateFailure
)


class Approve(Message):
    """Agree to a waiting deployment; `content` is that of what was looked at."""

    environment_id: EnvironmentId
    deployment_id: DeploymentId
    content: str = Field(pattern=r"^[0-9a-f]{64}$")


class OverrideFreeze(Message):
    """Let a waiting deployment start in spite of a freeze, and say why."""

    environment_id: EnvironmentId
    deployment_id: DeploymentId
    reason: str = Field(min_length=1, max_length=512)


class LiftHold(Message):
    """Let pushes deploy again after a rollback, and lift the bar on the commit."""

    environment_id: EnvironmentId


class ReviewQueue(Message):
    """Look again at what waits: a deadline has passed, a gate may have opened."""

    environment_id: EnvironmentId


GatingCommand = Approve | OverrideFreeze | LiftHold | ReviewQueue
