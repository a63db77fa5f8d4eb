import pytest
from faststream import AckPolicy
from faststream.nats import JStream, NatsRouter, PullSub

from services.chassis.bus.sending import Bus
from services.chassis.bus.subscribe import on_broadcast, on_message, on_question
from services.chassis.bus_server import BusServer
from services.chassis.streams import ORCHESTRATOR_INBOX
from tests.support.subscribers import assert_every_subscriber_is_guarded
from tests.support.until import until
from trellis_contracts import subjects


def create_app(url: str, heard: list[bytes]) -> Bus:
    bus = Bus(url, service="orchestrator")
    bus.broker.include_router(routes(bus, heard))
    return bus


def routes(bus: Bus, heard: list[bytes]) -> NatsRouter:
    router = NatsRouter()

    @on_message(bus, ORCHESTRATOR_INBOX, router=router)
    async def on_push_received(body: bytes) -> None:
        heard.append(body)

    @on_question(bus, subjects.COMMANDS, router=router)
    async def on_command(body: bytes) -> bytes:
        return body

    @on_broadcast(bus, "trellis.cancel.*", router=router)
    async def on_cancel(body: bytes) -> None:
        heard.append(body)

    return router


async def test_an_app_that_is_created_twice_still_gets_its_messages(server: BusServer) -> None:
    """Trap 2: a router at module level would belong to the second app alone."""
    heard: list[bytes] = []
    first, second = create_app(server.url, heard), create_app(server.url, [])
    await first.start()
    await first.publish(subjects.INBOX, b"push")
    await until(lambda: heard == [b"push"])
    assert await first.ask(subjects.command("Promote"), b"asked") == b"asked"
    assert_every_subscriber_is_guarded(first.broker)
    assert_every_subscriber_is_guarded(second.broker)
    await first.stop()


def test_the_walker_finds_a_broker_that_lost_its_subscribers() -> None:
    shared = NatsRouter()
    first, second = Bus("nats://one", service="one"), Bus("nats://two", service="two")

    @on_broadcast(first, "trellis.cancel.*", router=shared)
    async def on_cancel(_body: bytes) -> None: ...

    first.broker.include_router(shared)
    second.broker.include_router(shared)
    with pytest.raises(AssertionError, match="module level"):
        assert_every_subscriber_is_guarded(first.broker)


@pytest.mark.parametrize(
    ("policy", "pull", "complaint"),
    [
        (AckPolicy.REJECT_ON_ERROR, PullSub(), "leaves settling to FastStream"),
        (AckPolicy.MANUAL, PullSub(batch_size=10), "stall"),
    ],
)
def test_the_walker_finds_a_subscriber_that_could_lose_messages(
    policy: AckPolicy, pull: PullSub, complaint: str
) -> None:
    bus = Bus("nats://nowhere", service="one")
    bus.durables["loose"] = ORCHESTRATOR_INBOX

    async def loose(_body: bytes) -> None: ...

    bus.broker.subscriber(
        subjects.ALL_INBOXES,
        durable="loose",
        stream=JStream("INBOX", declare=False),
        pull_sub=pull,
        ack_policy=policy,
    )(loose)
    with pytest.raises(AssertionError, match=complaint):
        assert_every_subscriber_is_guarded(bus.broker)


def test_the_walker_finds_a_durable_that_is_declared_nowhere() -> None:
    bus = Bus("nats://nowhere", service="one")

    @bus.broker.subscriber(
        subjects.ALL_INBOXES,
        durable="loose",
        stream=JStream("INBOX", declare=False),
        pull_sub=PullSub(),
        ack_policy=AckPolicy.MANUAL,
    )
    async def loose(_body: bytes) -> None: ...

    with pytest.raises(AssertionError, match="no declared durable"):
        assert_every_subscriber_is_guarded(bus.broker)


def test_the_walker_finds_a_listener_that_one_slow_message_stops() -> None:
    bus = Bus("nats://nowhere", service="one")

    @bus.broker.subscriber(subjects.COMMANDS, ack_policy=AckPolicy.MANUAL)
    async def loose(_body: bytes) -> None: ...

    with pytest.raises(AssertionError, match="is a CoreSubscriber"):
        assert_every_subscriber_is_guarded(bus.broker)
