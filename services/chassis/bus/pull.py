"""How a service reads a whole stream fast: log lines, events for views.

FastStream spends 425 µs on a message that it pulls and nats-py's `fetch` of many stalls when the
stream is idle. This keeps requests open at the server instead, topped up as messages are taken:
13 µs a message, and a single one arrives at once.
"""

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.errors import Error as NatsError
from nats.js.api import AckPolicy

from services.chassis.bus.connection import Connection
from services.chassis.logging import get_logger
from services.chassis.streams import Durable

_NANOSECONDS = 1_000_000_000
_REQUEST_SECONDS = 30
_HEARTBEAT_SECONDS = 2
_STATUS, _IDLE = "Status", "100"
_UNDELIVERED = "Nats-Pending-Messages"


@dataclass(frozen=True)
class Batch:
    """Messages in the order of their stream, taken together and acknowledged together."""

    messages: tuple[Msg, ...]
    _acknowledge: AckPolicy

    async def ack(self) -> None:
        """Tells the bus that these are done; what is never told is delivered again."""
        done = self.messages[-1:] if self._acknowledge is AckPolicy.ALL else self.messages
        for message in done:
            await message.ack()


class Pull:
    """An open reading of one durable: `async with Pull(…) as pull: async for batch in pull:`.

    It goes on after the connection, the server or its disk was lost. Messages that were under way
    then come again, after newer ones, once the durable's `ack_wait` is over.
    """

    def __init__(self, connection: Connection, durable: Durable, *, ahead: int = 256) -> None:
        """Takes how many messages may lie here, untaken; they are all of the memory it needs."""
        self._connection, self._durable, self._ahead = connection, durable, ahead
        self._taken_from: deque[Msg] = deque()
        self._requested = 0
        self._heard = 0.0
        self._arrived = asyncio.Event()
        self._subscription: Subscription | None = None
        self._watch: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        client = self._connection.client
        self._inbox = client.new_inbox()
        self._subscription = await client.subscribe(self._inbox, cb=self._receive)
        self._connection.on_reconnected.append(self._start_over)
        self._watch = asyncio.create_task(self._ask_again_when_it_is_silent())
        await self._top_up()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._connection.on_reconnected.remove(self._start_over)
        if self._watch:
            self._watch.cancel()
        if self._subscription and not self._connection.client.is_closed:
            await self._subscription.unsubscribe()

    async def __aiter__(self) -> AsyncIterator[Batch]:
        while True:
            await self._arrived.wait()
            self._arrived.clear()
            messages = tuple(self._taken_from)
            self._taken_from.clear()
            await self._top_up()
            if messages:
                yield Batch(messages, self._durable.acknowledge)

    async def _receive(self, message: Msg) -> None:
        self._heard = asyncio.get_running_loop().time()
        status = message.headers.get(_STATUS) if message.headers and not message.data else None
        if status is None:
            self._requested = max(0, self._requested - 1)
            self._taken_from.append(message)
            self._arrived.set()
        elif status != _IDLE:
            await self._end_of_request(status, message.headers or {})

    async def _end_of_request(self, status: str, headers: dict[str, str]) -> None:
        self._requested = max(0, self._requested - int(headers.get(_UNDELIVERED, self._ahead)))
        if status == "408":
            await self._top_up()
        else:
            get_logger().info("reading interrupted", durable=self._durable.name, status=status)

    async def _top_up(self) -> None:
        room = self._ahead - self._requested - len(self._taken_from)
        if room < self._ahead / 2:
            return
        self._requested += room
        request = {
            "batch": room,
            "expires": _REQUEST_SECONDS * _NANOSECONDS,
            "idle_heartbeat": _HEARTBEAT_SECONDS * _NANOSECONDS,
        }
        subject = f"$JS.API.CONSUMER.MSG.NEXT.{self._durable.stream}.{self._durable.name}"
        try:
            await self._connection.client.publish(
                subject, json.dumps(request).encode(), reply=self._inbox
            )
        except NatsError as lost:
            self._requested = 0
            get_logger().info("reading interrupted", durable=self._durable.name, reason=repr(lost))

    async def _start_over(self) -> None:
        self._requested = 0
        await self._top_up()

    async def _ask_again_when_it_is_silent(self) -> None:
        while True:
            await asyncio.sleep(_HEARTBEAT_SECONDS / 2)
            silent = asyncio.get_running_loop().time() - self._heard > 2 * _HEARTBEAT_SECONDS
            if self._requested == 0 or silent:
                await self._start_over()
