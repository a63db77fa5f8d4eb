"""How lines come in: chunks from the bus are kept, shown at once, and acknowledged once synced."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress

from nats.aio.msg import Msg
from nats.errors import Error as NatsError

from services.chassis.bus.pull import Batch, Pull
from services.chassis.bus.sending import Bus
from services.chassis.logging import get_logger
from services.chassis.streams import LOGS_LINES
from services.chassis.unavailable import Unavailable
from services.logs.adapters.arrivals import Arrivals
from services.logs.adapters.store import LogStore, LogsUnavailable
from trellis_contracts import codec
from trellis_contracts.codec import UnreadableMessage
from trellis_contracts.logs import LogChunk
from trellis_contracts.names import RunId

_AHEAD = 128
_SYNC_SECONDS = 0.2
_FIRST_PAUSE, _LONGEST_PAUSE = 0.25, 10.0


class IntakeStopped(Unavailable):
    """No lines are taken in at this moment; they wait on the bus."""

    def __init__(self, reason: str) -> None:
        """Takes what keeps them."""
        super().__init__(f"Log lines are not taken in now: {reason}")


class Intake:
    """Takes lines in for as long as the service lives; what it could not keep comes again."""

    def __init__(self, bus: Bus, store: LogStore, arrivals: Arrivals) -> None:
        """Takes where chunks come from, where lines are kept, and who is told."""
        self._bus, self._store, self._arrivals = bus, store, arrivals
        self._unsynced: list[Batch] = []
        self._kept = asyncio.Event()
        self._trouble: str | None = "it is starting"

    async def run(self) -> None:
        """Take lines in for ever."""
        syncing = asyncio.create_task(self._sync_for_ever())
        try:
            async with Pull(self._bus, LOGS_LINES, ahead=_AHEAD) as pull:
                self._trouble = None
                async for batch in pull:
                    await self._take(batch)
        finally:
            syncing.cancel()

    async def well(self) -> None:
        """The health check of the intake.

        Raises:
            IntakeStopped: something keeps lines from being kept.
        """
        if self._trouble is not None:
            raise IntakeStopped(self._trouble)

    async def _take(self, batch: Batch) -> None:
        pause = _FIRST_PAUSE
        while True:
            try:
                runs = await asyncio.to_thread(self._keep, batch.messages)
            except LogsUnavailable as full:
                self._trouble = str(full)
                get_logger().error("lines not kept yet", reason=str(full))
                await asyncio.sleep(pause)
                pause = min(2 * pause, _LONGEST_PAUSE)
            else:
                break
        self._trouble = None
        for run in runs:
            self._arrivals.arrived(run)
        self._unsynced.append(batch)
        self._kept.set()

    def _keep(self, messages: Sequence[Msg]) -> set[RunId]:
        chunks = (_chunk(message) for message in messages)
        return {chunk.run_id for chunk in chunks if chunk and self._store.keep(chunk)}

    async def _sync_for_ever(self) -> None:
        while True:
            await self._kept.wait()
            self._kept.clear()
            batches, self._unsynced = self._unsynced, []
            try:
                await asyncio.to_thread(self._store.sync)
            except LogsUnavailable as full:
                get_logger().error("lines not synced", reason=str(full))
                self._unsynced = batches + self._unsynced
                self._kept.set()
            else:
                await _acknowledge(batches)
            await asyncio.sleep(_SYNC_SECONDS)


async def _acknowledge(batches: Sequence[Batch]) -> None:
    """What cannot be acknowledged comes again, and is recognised."""
    with suppress(NatsError):
        for batch in batches:
            await batch.ack()


def _chunk(message: Msg) -> LogChunk | None:
    try:
        return codec.read(LogChunk, message.data)
    except UnreadableMessage as unreadable:
        get_logger().error("no chunk of lines", subject=message.subject, reason=str(unreadable))
        return None
