"""Views follow the history: exactly once in effect, whatever the bus brings, loses or repeats."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from services.chassis.bus.sending import Bus, connect_bus
from services.chassis.event_store import open_event_store
from services.chassis.event_store.port import EventStore
from services.chassis.recording import to_recorded
from services.chassis.streams import EVENTS
from services.orchestrator.adapters.relay import Relay
from services.projections.adapters.events import Events, source_of
from services.projections.adapters.following import Following
from services.projections.adapters.views import Views
from tests.support.histories import Shop, append_all
from tests.support.nats import running_nats
from tests.support.until import until
from trellis_contracts import codec, subjects
from trellis_contracts.message import Message, Recorded
from trellis_contracts.views import DeploymentView, ViewChanged

SHOP = Shop()


@dataclass
class Installation:
    """A store that is written, a bus, and views that follow."""

    store: EventStore
    bus: Bus
    views: Views
    following: Following
    events: Events

    def position(self) -> int:
        return self.views.applications().position or 0

    async def append(self, *events: Message) -> int:
        return await append_all(self.store, events)

    async def reached(self, position: int) -> None:
        await until(lambda: self.position() >= position)

    def deployment(self, number: int) -> DeploymentView:
        (body,) = self.views.deployment(SHOP.deployment(number)).bodies
        return DeploymentView.model_validate_json(body)


@asynccontextmanager
async def following(task: asyncio.Task[None]) -> AsyncIterator[None]:
    yield
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


@asynccontextmanager
async def installation(
    folder: Path, nats_url: str, *, look_seconds: float = 600
) -> AsyncIterator[Installation]:
    """Views that look into the store by themselves only when the test wants it."""
    url = f"sqlite:////{folder}/events.sqlite"
    store = open_event_store(url)
    await append_all(store, [*SHOP.created()])
    bus = await connect_bus(nats_url, service="projections")
    reading = open_event_store(url, read_only=True)
    events = Events(reading, bus, look_seconds=look_seconds)
    views = Views(folder / "views.sqlite")
    follower = Following(
        folder / "views.sqlite", views=views, store=reading, events=events, bus=bus
    )
    async with following(asyncio.create_task(follower.run())):
        here = Installation(store, bus, views, follower, events)
        await until(lambda: follower._trouble is None)
        yield here
    views.reopen()
    await bus.stop()
    await reading.close()
    await store.close()


async def stored(store: EventStore) -> list[Recorded]:
    found: list[Recorded] = []
    async for event in store.read_all():
        previous = found[-1].envelope.position if found else None
        found.append(to_recorded(event, previous=previous))
    return found


async def publish(here: Installation, *events: Recorded) -> None:
    """What the relay does, in whatever order a test wants."""
    source = source_of(await here.store.store_id())
    for event in events:
        headers = codec.headers(event.envelope, source=source)
        del headers["Nats-Msg-Id"]
        await here.bus.publish(
            subjects.event(event.event), codec.encode(event.event), headers=headers
        )


async def test_history_is_there_and_news_come_over_the_bus(tmp_path: Path, nats_url: str) -> None:
    async with installation(tmp_path, nats_url) as here:
        assert here.position() == len(list(SHOP.created()))
        relay = Relay(here.store, here.bus)
        async with following(asyncio.create_task(relay.run())):
            await here.reached(await here.append(*SHOP.deployed(1)))
        assert here.deployment(1).state == "succeeded"


async def test_doubled_late_and_missing_messages_leave_the_same_views(
    tmp_path: Path, nats_url: str
) -> None:
    async with installation(tmp_path, nats_url) as here:
        last = await here.append(*SHOP.deployed(1))
        first, second, third, *rest = (await stored(here.store))[len(list(SHOP.created())) :]
        await publish(here, first, first, third, second, first, *rest[1:3])
        await here.reached(last)
        await publish(here, *rest, first)
        straight = [here.deployment(1), here.position()]
        await here.reached(await here.append(SHOP.requested(2)) - 1)
        await publish(here, *(await stored(here.store)))
        await until(lambda: bool(here.views.deployment(SHOP.deployment(2)).bodies))
        assert [here.deployment(1), here.position() - 1] == straight
        assert len(here.deployment(1).runs) == 1


async def test_messages_of_another_store_are_not_taken(tmp_path: Path, nats_url: str) -> None:
    async with installation(tmp_path, nats_url) as here:
        at = here.position()
        other = Shop("other")
        await here.append(SHOP.requested(1))
        (mine,) = (await stored(here.store))[at:]
        forged = other.requested(1)
        headers = codec.headers(mine.envelope, source="/trellis/another")
        await here.bus.publish(subjects.event(forged), codec.encode(forged), headers=headers)
        del headers["Nats-Msg-Id"]
        await publish(here, mine)
        await here.reached(at + 1)
        assert here.views.deployment(other.deployment(1)).bodies == ()


async def test_who_asks_the_views_to_look_needs_no_bus(tmp_path: Path, nats_url: str) -> None:
    async with installation(tmp_path, nats_url) as here:
        position = await here.append(*SHOP.deployed(1))
        here.events.look()
        await here.reached(position)


async def test_the_store_is_looked_into_when_the_bus_brings_nothing(
    tmp_path: Path, nats_url: str
) -> None:
    async with installation(tmp_path, nats_url, look_seconds=0.05) as here:
        await here.reached(await here.append(*SHOP.deployed(1)))


async def test_a_bus_that_lost_its_disk_doubles_nothing(tmp_path: Path) -> None:
    async with (
        running_nats(tmp_path / "nats") as server,
        installation(tmp_path, server.url, look_seconds=0.2) as here,
        following(asyncio.create_task(Relay(here.store, here.bus).run())),
    ):
        await here.reached(await here.append(*SHOP.deployed(1)))
        before = here.deployment(1)
        await here.bus.jetstream.delete_stream(str(EVENTS.name))
        await server.stop()
        await here.reached(await here.append(*SHOP.deployed(2)))
        await server.start()
        await here.reached(await here.append(SHOP.requested(3)))
        assert here.deployment(1) == before
        assert here.deployment(2).state == "succeeded"


async def test_changes_are_announced_on_the_bus_when_they_are_new(
    tmp_path: Path, nats_url: str
) -> None:
    async with installation(tmp_path, nats_url) as here:
        told: list[ViewChanged] = []
        listener = await here.bus.client.subscribe("trellis.view.>")
        await here.append(SHOP.requested(1))
        here.events.look()
        for _ in range(2):
            message = await listener.next_msg(timeout=5)
            told.append(ViewChanged.model_validate_json(message.data))
            assert message.subject == f"trellis.view.{told[-1].view}.{told[-1].key}"
        assert {one.view for one in told} == {"applications", "deployments"}


async def test_the_views_of_a_restored_older_store_are_built_anew(
    tmp_path: Path, nats_url: str
) -> None:
    async with installation(tmp_path, nats_url) as here:
        await here.append(*SHOP.deployed(1))
        here.events.look()
        await until(lambda: bool(here.views.deployment(SHOP.deployment(1)).bodies))
    for name in ("events.sqlite", "events.sqlite-wal", "events.sqlite-shm"):
        (tmp_path / name).unlink(missing_ok=True)
    async with installation(tmp_path, nats_url) as here:
        assert here.position() == len(list(SHOP.created()))
        assert here.views.deployment(SHOP.deployment(1)).bodies == ()


async def test_an_event_that_is_not_known_here_is_skipped(tmp_path: Path, nats_url: str) -> None:
    async with installation(tmp_path, nats_url) as here:
        await here.append(SHOP.requested(1))
        here.events.look()
        await until(lambda: bool(here.views.deployment(SHOP.deployment(1)).bodies))
        at = here.position()
        (event,) = (await stored(here.store))[at - 1 :]
        envelope = event.envelope.model_copy(
            update={"type": "NotOfThisRelease", "position": at + 1, "previous": at}
        )
        headers = codec.headers(envelope, source=source_of(await here.store.store_id()))
        await here.bus.publish(subjects.event(event.event), b"{}", headers=headers)
        await here.reached(at + 1)
