"""Projections as a process: what its readers see, while it and the bus die and come back."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from httpx_sse import ServerSentEvent

from services.chassis.bus.sending import Bus, connect_bus
from services.chassis.bus_server import BusServer
from services.chassis.event_store import open_event_store
from services.chassis.event_store.port import EventStore
from services.orchestrator.adapters.relay import Relay
from tests.support.histories import Shop, append_all
from tests.support.nats import kill_nats, running_nats
from tests.support.readers import Reader, ReadingService, running_service
from trellis_contracts.message import Message
from trellis_contracts.views import DeploymentView, ViewChanged

SHOP, OTHER = Shop(), Shop("other", hook="hook_of_the_other_one")


@dataclass
class Stage:
    """Everything that projections rest on, real, and projections themselves."""

    service: ReadingService
    store: EventStore
    bus: Bus
    nats: BusServer

    @property
    def reader(self) -> Reader:
        return self.service.reader

    async def append(self, *events: Message) -> int:
        return await append_all(self.store, events)

    async def deployment(self, number: int, *, after: int) -> DeploymentView:
        answer = await self.reader.get(
            f"/api/v1/views/deployments/{SHOP.deployment(number)}", after=after
        )
        assert answer.status_code == 200, answer.text
        return DeploymentView.model_validate(answer.json())


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    (tmp_path / "data").mkdir()
    store = open_event_store(f"sqlite:////{tmp_path}/data/events.sqlite")
    await append_all(store, [*SHOP.created()])
    async with running_nats(tmp_path / "nats") as nats:
        bus = await connect_bus(nats.url, service="orchestrator")
        relaying = asyncio.create_task(Relay(store, bus).run())
        async with running_service("projections", tmp_path, lambda: nats.url) as service:
            yield Stage(service, store, bus, nats)
        relaying.cancel()
        with suppress(asyncio.CancelledError):
            await relaying
        await bus.stop()
    await store.close()


async def test_a_reader_finds_what_it_has_just_written(stage: Stage) -> None:
    position = await stage.append(*SHOP.deployed(1))
    view = await stage.deployment(1, after=position)
    assert view.state == "succeeded"
    listed = await stage.reader.get(
        f"/api/v1/views/environments/{SHOP.environment()}/deployments", number=1
    )
    assert [DeploymentView.model_validate(one) for one in listed.json()] == [view]
    assert int(listed.headers["Trellis-Position"]) >= position


async def test_a_position_that_never_comes_is_not_waited_for_for_ever(stage: Stage) -> None:
    answer = await stage.reader.get("/api/v1/views/applications", after=10_000)
    assert answer.status_code == 503
    assert "10000" in answer.json()["detail"]
    assert answer.headers["Retry-After"]


async def test_killed_in_the_middle_it_comes_back_with_the_same_views(stage: Stage) -> None:
    for number in range(1, 6):
        position = await stage.append(*SHOP.deployed(number))
        if number in (2, 4):
            await stage.service.kill()
            await stage.service.start()
    views = [await stage.deployment(number, after=position) for number in range(1, 6)]
    await stage.service.kill()
    for suffix in ("", "-wal", "-shm"):
        (stage.service.data / f"views.sqlite{suffix}").unlink(missing_ok=True)
    await stage.service.start()
    again = [await stage.deployment(number, after=position) for number in range(1, 6)]
    assert again == views
    assert all(len(view.runs) == 1 for view in views)


async def test_views_go_on_while_the_bus_is_dead(stage: Stage) -> None:
    await kill_nats(stage.nats)
    view = await stage.deployment(1, after=await stage.append(*SHOP.deployed(1)))
    assert view.state == "succeeded"
    ill = await stage.reader.client.get("/health/ready")
    assert ill.status_code == 503
    assert ill.json()["views"] == "ok"
    assert ill.json()["bus"] != "ok"
    await stage.nats.start()
    await stage.service.ready()


async def next_change(events: AsyncIterator[ServerSentEvent]) -> tuple[str, ViewChanged | None]:
    async with asyncio.timeout(10):
        event = await anext(events)
    if event.event == "reset":
        return event.id, None
    return event.id, ViewChanged.model_validate(json.loads(event.data))


@asynccontextmanager
async def feed(
    stage: Stage, *, since: str | None = None, only: Shop | None = None
) -> AsyncIterator[AsyncIterator[ServerSentEvent]]:
    path = f"/api/v1/feed?application={only.application_id}" if only else "/api/v1/feed"
    async with stage.reader.events(path, last_event_id=since) as events:
        yield events


async def test_the_feed_begins_with_a_reset_and_goes_on_with_changes(stage: Stage) -> None:
    async with feed(stage) as events:
        at, nothing = await next_change(events)
        assert (at, nothing) == (str(len(list(SHOP.created()))), None)
        position = await stage.append(SHOP.requested(1))
        changes = [await next_change(events) for _ in range(2)]
    assert {change.view for _, change in changes if change} == {"applications", "deployments"}
    assert all(change.position == position for _, change in changes if change)
    assert [at for at, _ in changes][-1] == str(position)


async def test_a_feed_that_is_resumed_leaves_nothing_out_and_repeats_nothing(stage: Stage) -> None:
    async with feed(stage) as events:
        since, _ = await next_change(events)
    missed = await stage.append(*OTHER.created(), *SHOP.deployed(1))
    await stage.service.kill()
    await stage.service.start()
    await stage.deployment(1, after=missed)
    async with feed(stage, since=since) as events:
        seen = [await next_change(events) for _ in range(3)]
        keys = [change.key for _, change in seen if change]
        assert len(keys) == len(set(keys)) == 3, "each thing once, no reset"
        assert seen[-1][0] == str(missed)
        await kill_nats(stage.nats)
        await stage.nats.start()
        position = await stage.append(SHOP.requested(2))
        later = [await next_change(events) for _ in range(2)]
        assert {change.position for _, change in later if change} == {position}


@pytest.mark.parametrize("since", ["999999", "of another server", "-1", str(2**80)])
async def test_an_id_that_is_not_known_makes_the_reader_begin_anew(
    stage: Stage, since: str
) -> None:
    async with feed(stage, since=since) as events:
        assert (await next_change(events))[1] is None


async def test_a_feed_of_one_application_is_silent_about_others(stage: Stage) -> None:
    await stage.append(*OTHER.created())
    async with feed(stage, only=SHOP) as events:
        await next_change(events)
        await stage.append(OTHER.requested(1))
        await stage.append(SHOP.requested(1))
        changes = [await next_change(events) for _ in range(2)]
    keys = {change.key for _, change in changes if change}
    assert keys == {str(SHOP.application_id), str(SHOP.deployment(1))}


async def test_an_open_feed_does_not_hold_up_the_end(stage: Stage) -> None:
    async with feed(stage) as events:
        await next_change(events)
        assert stage.service.child
        async with asyncio.timeout(5):
            await stage.service.stop()
            with suppress(httpx.HTTPError):
                await anext(events, None)
        assert stage.service.child.exit_code == 0, stage.service.log()
