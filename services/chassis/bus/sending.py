"""What a service says on the bus: it publishes what must be kept, asks, and tells."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import suppress
from time import monotonic

from nats.aio.subscription import Subscription
from nats.errors import Error as NatsError
from nats.errors import NoRespondersError, OutboundBufferLimitError
from nats.js.errors import APIError, NoStreamResponseError

from services.chassis.bus.connection import ANSWER_SECONDS, Connection, Terms
from services.chassis.bus.dead_letters import DeadLetters
from services.chassis.bus.errors import (
    AnswerFailed,
    BusUnavailable,
    MessageTooLarge,
    PublishRefused,
    SequenceConflict,
)
from services.chassis.bus.guard import ERROR_HEADER, Guard
from trellis_contracts import subjects

_WRONG_LAST_SEQUENCE = 10071  # nats-server: JSStreamWrongLastSequenceErrF
_HEADER_FRAME = len("NATS/1.0\r\n\r\n")


class Bus(Connection):
    """One service's bus, with the counter-measure of every trap in design.md section 7.

    Routes are built on `broker`, or on routers that it includes, with `subscribe.on_message` and
    `subscribe.on_question`; then `start`.
    """

    def __init__(self, url: str, *, service: str, terms: Terms | None = None) -> None:
        """Takes the URL with its password; connects nowhere yet."""
        super().__init__(terms or Terms())
        self.service = service
        self.broker = self._broker_for(url, f"trellis-{service}")
        dead_letters = DeadLetters(subjects.dead(service), self.publish)
        self.broker.add_middleware(Guard(self.durables, dead_letters))

    async def publish(
        self,
        subject: str,
        body: bytes,
        *,
        headers: Mapping[str, str] | None = None,
        message_id: str | None = None,
        expected_last_sequence: int | None = None,
        timeout_seconds: float = ANSWER_SECONDS,
    ) -> int:
        """Has a stream keep the message, and returns its sequence there once it is on the disk.

        The same `message_id` again, within the stream's duplicate window, is kept once.

        Raises:
            MessageTooLarge: before anything was sent; the connection lives on.
            SequenceConflict: the stream does not end at `expected_last_sequence`.
            PublishRefused: the stream is full.
            BusUnavailable: no acknowledgement in time; whether it was kept is unknown.
        """
        sent = dict(headers or {})
        if message_id is not None:
            sent["Nats-Msg-Id"] = message_id
        if expected_last_sequence is not None:
            sent["Nats-Expected-Last-Sequence"] = str(expected_last_sequence)
        self._refuse_what_is_too_large(subject, body, sent)
        try:
            async with asyncio.timeout(timeout_seconds):
                await self._connected.wait()
                kept = await self.jetstream.publish(
                    subject, body, timeout=timeout_seconds, headers=sent or None
                )
        except APIError as refused:
            if refused.err_code == _WRONG_LAST_SEQUENCE:
                raise SequenceConflict(subject, expected_last_sequence or 0) from refused
            raise PublishRefused(subject, str(refused.description)) from refused
        except (TimeoutError, NatsError) as silence:
            raise BusUnavailable(subject, _observed(silence)) from silence
        return kept.seq

    async def ask(
        self,
        subject: str,
        body: bytes,
        *,
        headers: Mapping[str, str] | None = None,
        timeout_seconds: float = ANSWER_SECONDS,
    ) -> bytes:
        """The answer of the one service that listens on the subject.

        Raises:
            MessageTooLarge: before anything was sent.
            AnswerFailed: the service was reached and ended in an exception.
            BusUnavailable: nobody listens, or none answered in time; it may have acted.
        """
        sent = dict(headers or {})
        self._refuse_what_is_too_large(subject, body, sent)
        try:
            async with asyncio.timeout(timeout_seconds):
                await self._connected.wait()
                answer = await self.client.request(
                    subject, body, timeout=timeout_seconds, headers=sent or None
                )
        except (TimeoutError, NatsError) as silence:
            raise BusUnavailable(subject, _observed(silence)) from silence
        if answer.headers and ERROR_HEADER in answer.headers:
            raise AnswerFailed(subject, answer.headers[ERROR_HEADER])
        return answer.data

    async def ask_all(self, subject: str, body: bytes, *, within: float) -> AsyncGenerator[bytes]:
        """Yield the answer of everybody who listens on the subject, as long as they come in time.

        Raises:
            BusUnavailable: there is no connection.
        """
        inbox = self.client.new_inbox()
        answers = await self._listen_on(inbox)
        try:
            await self.client.publish(subject, body, reply=inbox)
            give_up = monotonic() + within
            while (left := give_up - monotonic()) > 0:
                answer = await answers.next_msg(timeout=left)
                if answer.data:
                    yield answer.data
        except TimeoutError:
            return
        except NatsError as lost:
            raise BusUnavailable(subject, _observed(lost)) from lost
        finally:
            with suppress(NatsError):
                await answers.unsubscribe()

    async def _listen_on(self, inbox: str) -> Subscription:
        try:
            return await self.client.subscribe(inbox)
        except NatsError as lost:
            raise BusUnavailable(inbox, _observed(lost)) from lost

    async def tell(
        self, subject: str, body: bytes, *, headers: Mapping[str, str] | None = None
    ) -> None:
        """Sends to whoever listens at this moment; nothing keeps the message.

        Raises:
            MessageTooLarge: before anything was sent.
            BusUnavailable: there is no connection.
        """
        sent = dict(headers or {})
        self._refuse_what_is_too_large(subject, body, sent)
        try:
            await self.client.publish(subject, body, headers=sent or None)
        except NatsError as lost:
            raise BusUnavailable(subject, _observed(lost)) from lost

    def _refuse_what_is_too_large(
        self, subject: str, body: bytes, headers: Mapping[str, str]
    ) -> None:
        framed = sum(len(f"{name}: {value}\r\n".encode()) for name, value in headers.items())
        size = len(body) + (framed + _HEADER_FRAME if headers else 0)
        if size > self.client.max_payload:
            raise MessageTooLarge(subject, size, self.client.max_payload)


async def connect_bus(url: str, *, service: str, terms: Terms | None = None) -> Bus:
    """A bus that is connected and has its streams, without subscribers. Raises as `connect`."""
    bus = Bus(url, service=service, terms=terms)
    await bus.connect()
    return bus


def _observed(silence: Exception) -> str:
    match silence:
        case NoRespondersError() | NoStreamResponseError():
            return "nobody listens"
        case OutboundBufferLimitError():
            return "there is no connection"
        case TimeoutError():
            return "no answer in time"
        case _:
            return repr(silence)
