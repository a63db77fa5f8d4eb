"""How lines come in: chunks from the bus are kept, shown at once, and acknowledged once synced."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from nats.errors import Error as NatsError
from nats.js.api import ConsumerInfo
from nats.js.errors import NotFoundError

from services.chassis.bus.pull import Batch, Pull
from services.chassis.bus.sending import Bus
from services.chassis.failpoints import passed
from services.chassis.logging import get_logger
from services.chassis.streams import LOGS_LINES
from services.chassis.unavailable import Unavailable
from services.logs.adapters.arrivals import Arrivals
from services.logs.adapters.store import LogStore, LogsUnavailable
from trellis_contracts import codec
from trellis_contracts.codec import UnreadableMessage
from trellis_contracts.logs import LogChunk
from trellis_contracts.names import RunId

_AHEAD = 32
_SYNC_SECONDS = 0.2
_FIRST_PAUSE, _LONGEST_PAUSE = 0.25, 10.0


class IntakeStopped(Unavailable):
    """No lines are taken in at this moment; they wait on the bus."""

    def __init__(self, reason: str) -> None:
        """Takes what keeps them."""
        super().__init__(f"Log lines are not taken in now: {reason}")


@dataclass(frozen=True)
class Received:
    """What came in on a subject."""

    subject: str
    body: bytes


class Intake:
    """Takes lines in for as long as the service lives; what it could not keep comes again."""

    def __init__(self, bus: Bus, store: LogStore, arrivals: Arrivals) -> None:
        """Takes where chunks come from, where lines are kept, and who is told."""
        self._bus, self._store, self._arrivals = bus, store, arrivals
        self._turn = asyncio.Lock()
        self._unsynced: list[Batch] = []
        self._kept = asyncio.Event()
        self._trouble: str | None = "it is starting"

    async def run(self) -> None:
        """Take lines in for ever."""
        syncing = asyncio.create_task(self._sync_for_ever())
        self._bus.on_reconnected.insert(0, self._read_again)
        try:
            await self._read_again()
            async with Pull(self._bus, LOGS_LINES, ahead=_AHEAD) as pull:
                self._trouble = None
                async for batch in pull:
                    passed("before lines kept")
                    await self._keep([Received(one.subject, one.data) for one in batch.messages])
                    passed("after lines kept")
                    self._owe(batch)
        finally:
            self._bus.on_reconnected.remove(self._read_again)
            syncing.cancel()

    async def well(self) -> None:
        """The health check of the intake.

        Raises:
            IntakeStopped: something keeps lines from being kept.
        """
        if self._trouble is not None:
            raise IntakeStopped(self._trouble)

    def _owe(self, batch: Batch) -> None:
        """Remember to acknowledge; the bodies are in files now and need no memory."""
        for message in batch.messages:
            message.data = b""
        self._unsynced.append(batch)
        self._kept.set()

    async def _read_again(self) -> None:
        """Keep what an earlier connection was given and did not acknowledge.

        The bus would bring it behind newer lines, and only once `ack_wait` is over.
        """
        stream, jetstream = LOGS_LINES.stream, self._bus.jetstream
        try:
            consumer = await jetstream.consumer_info(stream, LOGS_LINES.name)
            for sequence in _under_way(consumer):
                with suppress(NotFoundError):
                    found = await jetstream.get_msg(stream, sequence)
                    await self._keep([Received(found.subject or "", found.data or b"")])
        except NatsError as lost:
            get_logger().warning("lines under way not read again", reason=repr(lost))

    async def _keep(self, messages: Sequence[Received]) -> None:
        """Keep the lines, however long the disk takes, and wake those who follow their runs."""
        pause = _FIRST_PAUSE
        async with self._turn:
            while True:
                try:
                    runs = await asyncio.to_thread(self._store_all, messages)
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

    def _store_all(self, messages: Sequence[Received]) -> set[RunId]:
        chunks = (_chunk(message) for message in messages)
        return {chunk.run_id for chunk in chunks if chunk is not None and self._store.keep(chunk)}

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
                passed("before lines acknowledged")
                await _acknowledge(batches)
            await asyncio.sleep(_SYNC_SECONDS)


async def _acknowledge(batches: Sequence[Batch]) -> None:
    """What cannot be acknowledged comes again, and is recognised."""
    with suppress(NatsError):
        for batch in batches:
            await batch.ack()


def _under_way(consumer: ConsumerInfo) -> range:
    """The sequences that were delivered and not acknowledged, as far as that is known."""
    acknowledged = consumer.ack_floor.stream_seq if consumer.ack_floor else 0
    delivered = consumer.delivered.stream_seq if consumer.delivered else 0
    return range(acknowledged + 1, delivered + 1)


def _chunk(message: Received) -> LogChunk | None:
    try:
        return codec.read(LogChunk, message.body)
    except UnreadableMessage as unreadable:
        get_logger().error("no chunk of lines", subject=message.subject, reason=str(unreadable))
        return None
