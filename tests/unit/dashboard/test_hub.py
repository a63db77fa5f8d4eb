"""One ear for all pages: it wakes them, says what is ill, and borrows the identity of who looks."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from typing import cast

import pytest

from dashboard import hub as hubs
from dashboard.client import Client
from dashboard.errors import Away, SignedOut
from dashboard.hub import Hub
from dashboard.visitors import Visitor
from tests.support.dashboard import signed_in
from tests.support.until import until

ANA, BOB = (Visitor.of(signed_in(name)) for name in ("ana", "bob"))


class Played:
    """A client whose feed and services are played."""

    def __init__(self) -> None:
        self.opened: list[Visitor] = []
        self.news: asyncio.Queue[None] = asyncio.Queue()
        self.strangers: set[Visitor] = set()
        self.ill = ""
        self.lost = False

    async def feed(self, who: Visitor) -> AsyncGenerator[None]:
        self.opened.append(who)
        if who in self.strangers:
            raise SignedOut
        if self.lost:
            raise Away("projections")
        yield None
        while not self.lost:
            await self.news.get()
            yield None

    async def illness(self, service: str) -> str:
        return self.ill if service == "projections" else ""


@pytest.fixture
def played(monkeypatch: pytest.MonkeyPatch) -> Played:
    monkeypatch.setattr(hubs, "BREATH_SECONDS", 0.01)
    monkeypatch.setattr(hubs, "_AGAIN_SECONDS", 0.01)
    monkeypatch.setattr(hubs, "_HEALTH_SECONDS", 0.02)
    return Played()


@pytest.fixture
async def hub(played: Played) -> AsyncIterator[Hub]:
    made = Hub(cast("Client", played))
    yield made
    await made.close()


class Page:
    """Counts its beats."""

    def __init__(self, hub: Hub, visitor: Visitor) -> None:
        self.beats: list[str] = []
        self.task = asyncio.create_task(self._live(hub, visitor))

    async def _live(self, hub: Hub, visitor: Visitor) -> None:
        async for illness in hub.beats(visitor):
            self.beats.append(illness)


async def test_one_feed_wakes_every_page(hub: Hub, played: Played) -> None:
    pages = [Page(hub, visitor) for visitor in (ANA, BOB, ANA)]
    await until(lambda: len(played.opened) == 1 and all(len(page.beats) > 1 for page in pages))
    before = [len(page.beats) for page in pages]

    played.news.put_nowait(None)

    await until(lambda: all(len(page.beats) > was for page, was in zip(pages, before, strict=True)))
    assert len(played.opened) == 1


async def test_many_changes_while_a_page_is_busy_are_one_beat(hub: Hub, played: Played) -> None:
    beats = hub.beats(ANA)
    await anext(beats)
    await until(lambda: bool(played.opened))
    for _ in range(50):
        played.news.put_nowait(None)
    await until(played.news.empty)
    await anext(beats)

    with pytest.raises(TimeoutError):
        await asyncio.wait_for(anext(beats), 0.2)


async def test_whoever_signed_out_is_passed_over(hub: Hub, played: Played) -> None:
    played.strangers.add(ANA)
    Page(hub, ANA)
    bob = Page(hub, BOB)

    await until(lambda: BOB in played.opened and len(bob.beats) > 1)


async def test_a_lost_feed_is_said_and_found_again(hub: Hub, played: Played) -> None:
    played.lost = True
    page = Page(hub, ANA)
    await until(lambda: page.beats[-1:] == ["Projections does not answer"])

    played.lost = False

    await until(lambda: page.beats[-1] == "")


async def test_a_feed_that_is_open_and_silent_because_something_is_ill_is_no_live_page(
    hub: Hub, played: Played
) -> None:
    page = Page(hub, ANA)
    await until(lambda: len(page.beats) > 1)

    played.ill = "bus: it does not answer"
    await until(lambda: page.beats[-1] == "bus: it does not answer")
    played.ill = ""
    await until(lambda: page.beats[-1] == "")


async def test_a_page_that_is_left_is_forgotten(hub: Hub) -> None:
    page = Page(hub, ANA)
    await until(lambda: hub.watchers == 1)

    page.task.cancel()

    await until(lambda: hub.watchers == 0)
