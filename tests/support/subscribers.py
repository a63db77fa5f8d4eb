"""Walks what a service subscribed to, and refuses whatever could lose a message."""

from faststream import AckPolicy
from faststream.nats import NatsBroker
from faststream.nats.subscriber.usecases import (
    ConcurrentCoreSubscriber,
    LogicSubscriber,
    PullStreamSubscriber,
)

from services.chassis.bus.guard import Guard


def assert_every_subscriber_is_guarded(broker: NatsBroker) -> None:
    """Fails on a subscriber that was not made by `services.chassis.bus.subscribe`.

    Each must settle by hand under the one guard; a reader of JetStream must be declared in
    `streams.py`, pull one message at a time, and there must be at least one subscriber.
    """
    guards = [found for found in broker.middlewares if isinstance(found, Guard)]
    assert len(guards) == 1, f"a broker needs its one guard, and has {len(guards)}"
    assert list(broker.subscribers), "no subscribers: was a router built at module level?"
    for subscriber in broker.subscribers:
        assert isinstance(subscriber, LogicSubscriber)
        name = f"the subscriber of {subscriber.subject.broker_address}"
        assert subscriber.ack_policy is AckPolicy.MANUAL, f"{name} leaves settling to FastStream"
        match subscriber:
            case PullStreamSubscriber():
                durable = subscriber.config.durable_name
                assert durable in guards[0].durables, f"{name} has no declared durable"
                assert subscriber.pull_sub.batch_size == 1, f"{name} may stall on an idle stream"
            case _:
                kind = type(subscriber).__name__
                assert isinstance(subscriber, ConcurrentCoreSubscriber), f"{name} is a {kind}"
