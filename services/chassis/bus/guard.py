"""What stands between the bus and every handler: FastStream's own defaults lose messages.

A message of JetStream is acknowledged when its handler returns; handed back with a growing delay
when it raises; put aside on `trellis.dead.<service>` after the last attempt; kept, and tried again
in place, while what the handler rests on is `Unavailable`. A question gets an answer even when
its handler raises. docs/decisions/0009 has why.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from time import perf_counter
from types import TracebackType
from typing import Any

from faststream import BaseMiddleware, ContextRepo
from faststream.message import StreamMessage
from nats.aio.msg import Msg
from typing_extensions import override

from services.chassis.bus.dead_letters import DeadLetters
from services.chassis.failpoints import passed
from services.chassis.logging import bound, get_logger
from services.chassis.metrics import kind_of, message_failed, message_handled
from services.chassis.streams import Durable
from services.chassis.unavailable import Unavailable

ERROR_HEADER = "Trellis-Error"
"""On an answer without a body: the exception in which the one who was asked ended."""

_JETSTREAM_REPLY = "$JS.ACK."
_FIRST_PAUSE, _LONGEST_PAUSE = 0.25, 10.0


class Guard:
    """The one middleware of a broker; stands before every subscriber that it ever gets."""

    def __init__(self, durables: Mapping[str, Durable], dead_letters: DeadLetters) -> None:
        """Takes the durables by name, as they are declared while routes are built."""
        self.durables = durables
        self._dead_letters = dead_letters

    def __call__(
        self, msg: Msg | None, /, *, context: ContextRepo
    ) -> "BaseMiddleware[Any, Msg | None]":
        """A guard for this one message."""
        if msg is None or not msg.reply.startswith(_JETSTREAM_REPLY):
            return GuardedQuestion(msg, context=context)
        durable = self.durables[msg.metadata.consumer or ""]
        return GuardedMessage(msg, durable, self._dead_letters, context=context)


class GuardedMessage(BaseMiddleware[Any, Msg | None]):
    """One delivery of one message of JetStream, until it is settled."""

    def __init__(
        self, msg: Msg, durable: Durable, dead_letters: DeadLetters, *, context: ContextRepo
    ) -> None:
        """Takes the delivery and what is to become of it when its handler raises."""
        super().__init__(msg, context=context)
        self._delivery = msg
        self._durable = durable
        self._dead_letters = dead_letters
        self._attempt = msg.metadata.num_delivered or 1
        self._started = perf_counter()
        self._still_working: asyncio.Task[None] | None = None

    @override
    async def on_receive(self) -> None:
        self._still_working = asyncio.create_task(self._say_that_it_goes_on())

    @override
    async def consume_scope(
        self, call_next: Callable[[Any], Awaitable[Any]], msg: StreamMessage[Any]
    ) -> object:
        if self._durable.attempts and self._attempt > self._durable.attempts:
            raise AttemptsUsedUp
        with bound(subject=self._delivery.subject, attempt=self._attempt):
            return await self._outlast_outages(call_next, msg)

    @override
    async def after_processed(
        self,
        exc_type: type[BaseException] | None = None,
        exc_val: BaseException | None = None,
        exc_tb: TracebackType | None = None,
    ) -> bool:
        if self._still_working:
            self._still_working.cancel()
        if exc_val is None:
            kind = kind_of(self._delivery.subject)
            passed(f"before acknowledge {kind}")
            await self._delivery.ack()
            passed(f"after acknowledge {kind}")
            message_handled(self._delivery.subject, perf_counter() - self._started)
        elif isinstance(exc_val, Exception):
            await self._settle(exc_val)
        return False

    async def _outlast_outages(
        self, call_next: Callable[[Any], Awaitable[Any]], msg: StreamMessage[Any]
    ) -> object:
        pause = _FIRST_PAUSE
        while True:
            try:
                async with asyncio.timeout(self._durable.patience):
                    return await call_next(msg)
            except Unavailable as outage:
                get_logger().warning("waiting for what is unavailable", reason=str(outage))
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)

    async def _settle(self, error: Exception) -> None:
        last = bool(self._durable.attempts) and self._attempt >= self._durable.attempts
        log = get_logger().bind(subject=self._delivery.subject, attempt=self._attempt)
        log.error("message failed", last=last, exc_info=error)
        message_failed(self._delivery.subject)
        if not last:
            await self._delivery.nak(delay=self._durable.delay(self._attempt))
        elif await self._dead_letters.keep(self._delivery, error):
            await self._delivery.term()
        else:
            await self._delivery.nak(delay=self._durable.longest_delay)

    async def _say_that_it_goes_on(self) -> None:
        while True:
            await asyncio.sleep(self._durable.ack_wait / 3)
            await self._delivery.in_progress()


class GuardedQuestion(BaseMiddleware[Any, Msg | None]):
    """One message without JetStream: nothing is redelivered, but a question gets its answer."""

    @override
    async def after_processed(
        self,
        exc_type: type[BaseException] | None = None,
        exc_val: BaseException | None = None,
        exc_tb: TracebackType | None = None,
    ) -> bool:
        if self.msg is not None and isinstance(exc_val, Exception):
            get_logger().error("question failed", subject=self.msg.subject, exc_info=exc_val)
            message_failed(self.msg.subject)
            if self.msg.reply:
                name = {ERROR_HEADER: type(exc_val).__name__}
                await self.msg._client.publish(self.msg.reply, headers=name)  # noqa: SLF001 - Msg.respond sends no headers
        return False


class AttemptsUsedUp(Exception):
    """Earlier deliveries were never settled: whoever handled them died over it."""
