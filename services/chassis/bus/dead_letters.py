"""Where a message goes after its last attempt: `trellis.dead.<service>`, shown to people."""

from collections.abc import Mapping
from typing import Protocol

from nats.aio.msg import Msg

from services.chassis.bus.errors import BusError, BusUnavailable, MessageTooLarge
from services.chassis.logging import get_logger


class Publish(Protocol):
    """`Bus.publish`, as far as a dead letter needs it."""

    async def __call__(
        self, subject: str, body: bytes, *, headers: Mapping[str, str], message_id: str
    ) -> int:
        """Keeps the message in its stream and returns its sequence."""
        ...


class DeadLetters:
    """Puts messages aside with where they came from; the error's text stays in the log."""

    def __init__(self, subject: str, publish: Publish) -> None:
        """Takes the subject of this service's dead letters."""
        self._subject = subject
        self._publish = publish

    async def keep(self, message: Msg, error: Exception) -> bool:
        """Whether the message is now kept as a dead letter; if not, it must not be given up."""
        headers, identity = _origin(message, error)
        try:
            await self._publish_whole_or_bare(message.data, headers, identity)
        except (BusError, BusUnavailable) as failed:
            get_logger().error("dead letter not kept", exc_info=failed, **headers)
            return False
        return True

    async def _publish_whole_or_bare(
        self, body: bytes, headers: Mapping[str, str], identity: str
    ) -> None:
        try:
            await self._publish(self._subject, body, headers=headers, message_id=identity)
        except MessageTooLarge:
            bare = {**headers, "Trellis-Dead-Body": "left out, too large"}
            await self._publish(self._subject, b"", headers=bare, message_id=identity)


def _origin(message: Msg, error: Exception) -> tuple[dict[str, str], str]:
    origin = message.metadata
    sequence = str(origin.sequence.stream)
    headers = {
        "Trellis-Dead-Subject": message.subject,
        "Trellis-Dead-Stream": origin.stream,
        "Trellis-Dead-Sequence": sequence,
        "Trellis-Dead-Consumer": origin.consumer or "",
        "Trellis-Dead-Attempts": str(origin.num_delivered),
        "Trellis-Dead-Error": type(error).__name__,
    }
    return headers, f"dead-{origin.stream}-{origin.consumer}-{sequence}"
