"""The list of applications, live."""

import asyncio
from collections.abc import AsyncGenerator

import reflex as rx
from reflex.event import EventSpec

from dashboard.client import Client
from dashboard.rooms import rooms
from dashboard.shown.applications import Row, rows
from dashboard.state.here import Here, follow, put
from dashboard.visitors import Visitor
from trellis_contracts.names import DeploymentId
from trellis_contracts.sentences import has_ended
from trellis_contracts.views import ApplicationView, DeploymentView

_MOST_KEPT = 2000


class Applications(Here):
    """The page of all applications."""

    rows: list[Row] = []
    read: bool = False

    @rx.event(background=True)
    async def watch(self) -> AsyncGenerator[EventSpec]:
        """Keep the list as things are."""
        reading = Reading(rooms().client)

        def show(found: list[Row]) -> None:
            put(self, "rows", found)
            put(self, "read", value=True)

        async for leaving in follow(self, reading.rows, show):
            yield leaving


class Reading:
    """Reads the list; what has ended once does not change, and is read once."""

    def __init__(self, client: Client) -> None:
        """Takes whom to ask."""
        self._client = client
        self._ended: dict[DeploymentId, DeploymentView] = {}

    async def rows(self, who: Visitor) -> list[Row]:
        """Give the list as it is now."""
        applications = await self._client.applications(who)
        return rows(applications, await self._lasts(who, applications))

    async def _lasts(
        self, who: Visitor, applications: tuple[ApplicationView, ...]
    ) -> dict[DeploymentId, DeploymentView]:
        wanted = {one.last for app in applications for one in app.environments if one.last}
        asked = [id_ for id_ in wanted if id_ not in self._ended]
        read = await asyncio.gather(*(self._client.deployment(who, id_) for id_ in asked))
        if len(self._ended) > _MOST_KEPT:
            self._ended.clear()
        self._ended |= {view.deployment_id: view for view in read if has_ended(view)}
        return self._ended | {view.deployment_id: view for view in read}
