"""One application's board, live."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import UTC, datetime

import reflex as rx
from reflex.event import EventSpec

from dashboard.client import Client
from dashboard.rooms import rooms
from dashboard.shown.board import Histories, cards, head
from dashboard.shown.cards import Card, Head, Pulls
from dashboard.shown.pulls import pulls
from dashboard.state.here import Here, argument, follow, put
from dashboard.visitors import Visitor
from trellis_contracts.views import ApplicationView


class Board(Here):
    """The page of one application: a column for each environment."""

    head: Head = Head()
    cards: list[Card] = []
    pulls: Pulls = Pulls()

    @rx.event(background=True)
    async def watch(self) -> AsyncGenerator[EventSpec]:
        """Keep the board as things are."""
        async with self:
            name = argument(self, "application")
            if self.head.name != name:
                self.head, self.cards, self.pulls = Head(), [], Pulls()

        async def read(who: Visitor) -> tuple[ApplicationView, Histories]:
            return await read_board(rooms().client, who, name)

        def show(found: tuple[ApplicationView, Histories]) -> None:
            application, histories = found
            now = datetime.now(UTC)
            put(self, "head", head(application, now=now))
            put(self, "cards", cards(application, histories, now=now))
            put(self, "pulls", pulls(application, histories, now=now))

        async for leaving in follow(self, read, show):
            yield leaving


async def read_board(client: Client, who: Visitor, name: str) -> tuple[ApplicationView, Histories]:
    """Read an application and the newest deployments of its environments."""
    application = await client.application(who, name)
    ids = [one.environment_id for one in application.environments]
    read = await asyncio.gather(*(client.deployments(who, id_) for id_ in ids))
    return application, dict(zip(ids, read, strict=True))
