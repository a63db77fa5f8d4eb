"""The views themselves: applications, and the deployments of their environments."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from services.projections.handlers.reading import (
    LARGEST_POSITION,
    After,
    Reading,
    many,
    one,
    readers_router,
)

Number = Annotated[int | None, Query(ge=1, le=LARGEST_POSITION)]


class Documents:
    """The routes of the views."""

    def __init__(self, reading: Reading) -> None:
        self._reading, self._views = reading, reading.views

    def router(self) -> APIRouter:
        """Each needs the right to read."""
        router = readers_router("/views")
        router.get("/applications")(self.applications)
        router.get("/applications/{name}")(self.application)
        router.get("/environments/{environment}/deployments")(self.deployments)
        router.get("/deployments/{deployment}")(self.deployment)
        return router

    async def applications(self, after: After = None) -> Response:
        """Answer every application, by name."""
        return many(await self._reading.found(self._views.applications, after=after))

    async def application(self, name: str, after: After = None) -> Response:
        """Answer one application by its id or name."""
        found = await self._reading.found(lambda: self._views.application(name), after=after)
        return one(found, "There is no such application.")

    async def deployments(
        self,
        environment: UUID,
        *,
        number: Number = None,
        before: Number = None,
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
        after: After = None,
    ) -> Response:
        """Answer an environment's deployments, newest first, or the one with this number."""
        views = self._views
        if number is not None:
            return many(
                await self._reading.found(lambda: views.numbered(environment, number), after=after)
            )
        found = await self._reading.found(
            lambda: views.deployments(environment, before=before, limit=limit), after=after
        )
        return many(found)

    async def deployment(self, deployment: UUID, after: After = None) -> Response:
        """Answer one deployment."""
        found = await self._reading.found(lambda: self._views.deployment(deployment), after=after)
        return one(found, "There is no such deployment.")
