"""The three ways in which a service may listen; a test walks every broker and accepts no fourth.

Call them inside the function that builds a router: one at module level belongs to the last broker
that included it, and the others lose their subscribers in silence (FastStream 0.7.8).
"""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from faststream import AckPolicy
from faststream.nats import JStream, NatsBroker, NatsRouter, PullSub

from services.chassis.bus.sending import Bus
from services.chassis.streams import Durable

_FETCH_SECONDS = 1.0
"""A fetch that was open when the server died is noticed after this long, and not before."""

OnMessage = TypeVar("OnMessage", bound=Callable[..., Awaitable[None]])
OnQuestion = TypeVar("OnQuestion", bound=Callable[..., Awaitable[bytes]])


def on_message(
    bus: Bus, durable: Durable, *, router: NatsRouter | NatsBroker | None = None
) -> Callable[[OnMessage], OnMessage]:
    """Gives every message of the durable to the handler, one at a time, until it returns.

    The handler gets `body: bytes`. At most one message is fetched at a time: asking nats-py for
    more holds back single messages until its time-out.
    """
    bus.durables[durable.name] = durable

    def listen(handler: OnMessage) -> OnMessage:
        (router or bus.broker).subscriber(
            durable.subject,
            durable=durable.name,
            config=durable.config(),
            stream=JStream(durable.stream, declare=False),
            pull_sub=PullSub(batch_size=1, timeout=_FETCH_SECONDS),
            ack_policy=AckPolicy.MANUAL,
        )(handler)
        return handler

    return listen


def on_question(
    bus: Bus, subject: str, *, router: NatsRouter | NatsBroker | None = None
) -> Callable[[OnQuestion], OnQuestion]:
    """Answers `ask` on the subject with the bytes that the handler returns.

    Of several processes of one service, one gets the question.
    """

    def listen(handler: OnQuestion) -> OnQuestion:
        subscriber = (router or bus.broker).subscriber(
            subject, queue=bus.service, max_workers=16, ack_policy=AckPolicy.MANUAL
        )
        subscriber(handler)
        return handler

    return listen


def on_broadcast(
    bus: Bus, subject: str, *, router: NatsRouter | NatsBroker | None = None
) -> Callable[[OnMessage], OnMessage]:
    """Gives every process what is told on the subject while it listens; nothing is kept."""

    def listen(handler: OnMessage) -> OnMessage:
        subscriber = (router or bus.broker).subscriber(
            subject, max_workers=16, ack_policy=AckPolicy.MANUAL
        )
        subscriber(handler)
        return handler

    return listen
