"""What every message is, and what is known about an event once it is recorded."""

from datetime import datetime
from typing import Annotated, Any, ClassVar
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_serializer

from trellis_contracts.names import ActorId

UtcDatetime = Annotated[datetime, AwareDatetime]


class Message(BaseModel):
    """A frozen value that crosses a border.

    Unknown fields are refused when a message is built and ignored when it is read
    (`codec.decode`), so that a newer sender does not break an older reader.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    schema_version: ClassVar[int] = 1


class Envelope(Message):
    """What is known about a recorded event besides the event itself.

    `position` is the event's place in the whole store, `previous` the position of the event
    before it there (None for the first): a reader that sees a gap reads the store.
    `correlation_id` is the deployment (or the delivery, or the application) that the event
    belongs to; `causation_id` the message that made it. `sha256` is over the canonical bytes.
    """

    id: UUID
    type: str
    version: int
    stream: str
    stream_version: int
    position: int
    previous: int | None
    occurred_at: UtcDatetime
    actor: ActorId
    correlation_id: UUID
    causation_id: UUID
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")


class Recorded(Message):
    """A recorded event: `event` is the message, `envelope` what is known about it."""

    envelope: Envelope
    event: Message

    @model_serializer
    def _with_the_whole_event(self) -> dict[str, Any]:
        return {
            "envelope": self.envelope.model_dump(mode="json"),
            "event": self.event.model_dump(mode="json"),
        }
