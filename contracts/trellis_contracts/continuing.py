"""A stack's stuck rollback, continued without what cannot go back: always a person's decision."""

from typing import Annotated

from pydantic import Field, StringConstraints

from trellis_contracts.failing import DeploymentEvent
from trellis_contracts.message import Message
from trellis_contracts.names import EnvironmentId, RunId, StackName

ResourceToSkip = Annotated[
    str,
    StringConstraints(pattern=r"^([A-Za-z][A-Za-z0-9-]*\.)?[A-Za-z0-9]+$", max_length=255),
]
"""A resource as CloudFormation wants it skipped: `Topic`, `shop-dev-Inner-1.Queue` if nested."""


class Continuation(Message):
    """Which stack's rollback is to go on, which resources it leaves as they are, and why."""

    stack: StackName
    skip: tuple[ResourceToSkip, ...] = Field(default=(), max_length=100)
    reason: str = Field(min_length=1, max_length=512)


class ContinueRollback(Message):
    """Continue the stuck rollback of one of an environment's stacks, as a person decided.

    CloudFormation takes each skipped resource for rolled back, whatever it really is.
    """

    environment_id: EnvironmentId
    continuation: Continuation


class RollbackContinued(DeploymentEvent):
    """The stack can be changed again; the environment runs what it ran before."""

    run_id: RunId
    continuation: Continuation
    seconds: float = Field(ge=0)
