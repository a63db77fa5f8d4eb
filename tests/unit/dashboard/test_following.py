"""A page that is open: it shows what is, says what is stale, and ends with its session."""

import asyncio
from types import SimpleNamespace
from typing import Self, cast

import pytest

from dashboard import hub as hubs
from dashboard.errors import Away, NotThere
from dashboard.rooms import rooms
from dashboard.state.here import Here, follow
from dashboard.visitors import Visitor
from tests.support.dashboard import Services, signed_in
from tests.support.until import until


class Tab:
    """A state as a background event has it: locked where it is changed."""

    def __init__(self) -> None:
        headers = SimpleNamespace(raw_headers=signed_in("ana"))
        self.router = SimpleNamespace(headers=headers)
        self.stale = self.missing = self._read_at = ""
        self.shown: list[str] = []
        self.left: list[object] = []
        self.found: str | Exception = "first"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        return None

    async def read(self, _who: Visitor) -> str:
        if isinstance(self.found, Exception):
            raise self.found
        return self.found

    async def live(self) -> None:
        async for leaving in follow(cast("Here", self), self.read, self.shown.append):
            self.left.append(leaving)


@pytest.fixture
def tab(services: Services, monkeypatch: pytest.MonkeyPatch) -> Tab:  # noqa: ARG001  # they are reached
    monkeypatch.setattr(hubs, "BREATH_SECONDS", 0.01)
    monkeypatch.setattr(hubs, "AGES_SECONDS", 0.02)
    monkeypatch.setattr("dashboard.client._KNOWN_SECONDS", 0)
    return Tab()


async def test_it_shows_what_is_and_is_drawn_anew_though_nothing_changes(tab: Tab) -> None:
    living = asyncio.create_task(tab.live())
    await until(lambda: len(tab.shown) > 2)
    tab.found = "second"
    await until(lambda: tab.shown[-1] == "second")

    living.cancel()
    await until(lambda: rooms().hub.watchers == 0)
    await rooms().hub.close()


async def test_what_is_away_is_said_and_what_was_read_stays(tab: Tab) -> None:
    living = asyncio.create_task(tab.live())
    await until(lambda: bool(tab.shown))
    tab.found = Away("projections")
    await until(lambda: tab.stale.startswith("Projections does not answer. What you see was read"))
    assert tab.shown[-1] == "first"

    tab.found = NotThere("There is no such application.")
    await until(lambda: tab.missing == "There is no such application.")
    living.cancel()
    await rooms().hub.close()


async def test_whoever_is_signed_out_is_shown_out(tab: Tab, services: Services) -> None:
    living = asyncio.create_task(tab.live())
    await until(lambda: bool(tab.shown))

    services.members.clear()

    await asyncio.wait_for(living, 5)
    assert len(tab.left) == 1
    assert "sign-in" in str(tab.left[0])
    await rooms().hub.close()
