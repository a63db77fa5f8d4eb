"""The way into the inbox: the one stream that cannot be rebuilt, so a delivery is kept or refused.

NotKept
"""

from services.chassis.bus.errors import BusError, BusUnavailable
from services.chassis.bus.sending import Bus
from services.chassis.failpoints import passed
from trellis_contracts import codec, subjects
from trellis_contracts.pushes import Delivered

TYPE_HEADER = "Trellis-Type"
KEPT_WITHIN_SECONDS = 5.0


class NotKept(Exception):
    """The inbox did not acknowledge in time, or is full: the delivery must be sent again."""

    def __init__(self, reason: str) -> None:
        """Takes what was observed, for the log."""
        super().__init__(f"The delivery was not kept: {reason}")


class Inbox:
    """Keeps what deliveries mean until the orchestrator has taken it in."""

    def __init__(self, bus: Bus) -> None:
        """Takes the bus, started by the time a delivery comes."""
        self._bus = bus

    async def keep(self, delivered: Delivered) -> None:
        """Return once it is on the disk. The same delivery again is kept once, or recognised later.

        Raises:
            NotKept: within 5 seconds; it may have been kept all the same.
        """
        name = type(delivered).__name__
        passed(f"before inbox {name}")
        try:
            await self._bus.publish(
                subjects.INBOX,
                codec.encode(delivered),
                headers={TYPE_HEADER: name},
                message_id=delivered.delivery,
                timeout_seconds=KEPT_WITHIN_SECONDS,
            )
        except (BusUnavailable, BusError) as error:
            raise NotKept(str(error)) from error
        passed(f"after inbox {name}")
