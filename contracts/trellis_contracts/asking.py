"""Commands and facts on their way to the orchestrator, and what it answers.

Both are answered after their event is stored. `id` is the idempotency key: the same id gets
the same answer again and changes nothing.
"""

from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from trellis_contracts.message import Message
from trellis_contracts.names import ActorId


class Asked(Message):
    """A command or a fact as it travels: `type` and `version` say what `body` is.

    With `dry_run` the answer is the same and nothing is stored: that is `simulate`.
    """

    id: UUID
    actor: ActorId
    type: str
    version: int = 1
    body: str
    dry_run: bool = False


class Accepted(Message):
    """It was decided and stored; `position` is that of its last event (None: nothing to store).

    `events` names what was stored; `subject` is the id of the thing that the command made.
    `foretold` says what a dry run would have done.
    """

    answer: Literal["accepted"] = "accepted"
    id: UUID
    position: int | None = None
    events: tuple[str, ...] = ()
    subject: UUID | None = None
    foretold: tuple[str, ...] = ()


class RefusalCode(StrEnum):
    """Why it was refused, in the terms of HTTP's 404, 409 and 422."""

    UNKNOWN = "unknown"
    CONFLICT = "conflict"
    INVALID = "invalid"
    STALE = "stale"
    """A fact of a run that is no longer the environment's."""


class Refused(Message):
    """It may not be: `sentence` says why and what to do instead."""

    answer: Literal["refused"] = "refused"
    id: UUID
    code: RefusalCode
    rule: str = Field(max_length=64)
    sentence: str


Answer = Annotated[Accepted | Refused, Field(discriminator="answer")]
