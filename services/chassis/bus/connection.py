"""How a process stays connected to NATS: for ever, to a safe server, or not at all."""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass

from faststream.message import StreamMessage
from faststream.nats import NatsBroker
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from nats.js import JetStreamContext
from typing_extensions import override

from services.chassis.bus.errors import BusUnavailable
from services.chassis.bus.safety import refuse_an_unsafe_server
from services.chassis.logging import get_logger
from services.chassis.streams import DURABLES, Durable, StreamRejected, ensure_streams

EXIT_BUS_CLOSED = 70
"""How a process ends whose connection is closed for good: its supervisor starts it again."""

ANSWER_SECONDS = 5.0

_JETSTREAM_QUESTION = "$JS.API.INFO"


def end_process() -> None:
    """Ends this process at once; a client of nats-py that is CLOSED never connects again."""
    get_logger().critical("the bus closed this connection for good; ending the process")
    sys.stderr.flush()
    os._exit(EXIT_BUS_CLOSED)


@dataclass(frozen=True, kw_only=True)
class Terms:
    """On which terms a service connects."""

    unsafe: bool = False
    """Take a server that acknowledges before it syncs."""
    replicas: int = 1
    """On how many servers of a cluster each stream is kept."""
    on_closed: Callable[[], None] = end_process


class Connection:
    """One connection of one service, which connects again for as long as the process lives."""

    broker: NatsBroker

    def __init__(self, terms: Terms) -> None:
        """Takes the terms; a subclass sets `broker`, made with `broker_for`."""
        self._terms = terms
        self._client: Client | None = None
        self._jetstream: JetStreamContext | None = None
        self._last_error: Exception | None = None
        self._stopping = False
        self._connected = asyncio.Event()
        self._restoring: asyncio.Task[None] | None = None
        self.durables: dict[str, Durable] = {}
        self.on_reconnected: list[Callable[[], Awaitable[None]]] = []

    @property
    def client(self) -> Client:
        """The client of nats-py.

        Raises:
            BusUnavailable: `connect` has not returned yet.
        """
        if self._client is None:
            raise BusUnavailable("any subject", "this service has not connected yet")
        return self._client

    @property
    def jetstream(self) -> JetStreamContext:
        """JetStream's API on this connection, for what `Bus` has no word for."""
        if self._jetstream is None:
            self._jetstream = self.client.jetstream(timeout=ANSWER_SECONDS)
        return self._jetstream

    async def connect(self, *, timeout_seconds: float = 30) -> None:
        """Connects, refuses an unsafe server, and makes the streams be there.

        Raises:
            BusUnavailable: no server let us in within the time.
            UnsafeBus: it does not sync before it acknowledges, or is too old.
            StreamRejected: it will not keep a stream as declared.
        """
        try:
            async with asyncio.timeout(timeout_seconds):
                self._client = await self.broker.connect()
        except (TimeoutError, OSError, NatsError) as silence:
            reason = f"no server let us in ({self._last_error or silence!r})"
            raise BusUnavailable("any subject", reason) from silence
        self._connected.set()
        try:
            if not self._terms.unsafe:
                await refuse_an_unsafe_server(self._client)
            await self._ensure_streams()
        except Exception:
            await self.stop()
            raise

    async def start(self) -> None:
        """Connects if need be; then every subscriber gets its messages. Raises as `connect`."""
        if self._client is None:
            await self.connect()
        else:
            await self._ensure_streams()
        await self.broker.start()

    async def stop(self) -> None:
        """Lets handlers finish, sends what is pending, and closes, even when the bus is dead."""
        self._stopping = True
        if self._restoring:
            self._restoring.cancel()
        with suppress(NatsError):
            await self.broker.stop()

    async def well(self) -> None:
        """The health check of the bus.

        Raises:
            BusUnavailable: there is no connection, or JetStream does not answer within 2 s.
        """
        try:
            await self.client.request(_JETSTREAM_QUESTION, timeout=2)
        except (TimeoutError, NatsError) as silence:
            raise BusUnavailable("JetStream", repr(silence)) from silence

    def _broker_for(self, url: str, name: str) -> NatsBroker:
        return _LeaklessBroker(
            url,
            name=name,
            logger=None,
            decoder=_untouched,
            allow_reconnect=True,
            max_reconnect_attempts=-1,
            reconnect_time_wait=1,
            drain_timeout=5,
            error_cb=self._on_error,
            disconnected_cb=self._on_disconnect,
            reconnected_cb=self._on_reconnect,
            closed_cb=self._on_close,
        )

    async def _on_error(self, error: Exception) -> None:
        if isinstance(error, NatsError) or not isinstance(self._last_error, NatsError):
            self._last_error = error
        if self._connected.is_set():
            get_logger().warning("bus error", error=repr(error))

    async def _on_disconnect(self) -> None:
        self._connected.clear()
        if not self._stopping:
            get_logger().warning("bus disconnected; connecting again")

    async def _on_reconnect(self) -> None:
        self._connected.set()
        get_logger().info("bus connected again")
        if self._restoring:
            self._restoring.cancel()
        self._restoring = asyncio.create_task(self._restore())

    async def _restore(self) -> None:
        """A server that came back without its disk has neither streams nor consumers."""
        while self._connected.is_set():
            try:
                await self._ensure_streams()
            except StreamRejected as rejected:
                get_logger().warning("streams not restored yet", reason=str(rejected))
                await asyncio.sleep(1)
            else:
                break
        for listener in self.on_reconnected:
            await listener()

    async def _ensure_streams(self) -> None:
        durables = {durable.name: durable for durable in DURABLES} | self.durables
        await ensure_streams(
            self.jetstream, durables=tuple(durables.values()), replicas=self._terms.replicas
        )

    async def _on_close(self) -> None:
        self._connected.clear()
        if self._client is not None and not self._stopping:
            self._terms.on_closed()


class _LeaklessBroker(NatsBroker):
    """FastStream's broker, which closes the socket of a connection that it gave up making."""

    @override
    async def _connect(self) -> Client:
        client = Client()
        try:
            await client.connect(**self._connection_kwargs)
        except BaseException:
            await client.close()
            raise
        self.config.connect(client)
        return client


async def _untouched(message: StreamMessage[Msg]) -> bytes:
    return bytes(message.body)
