"""The views themselves: applications, and the deployments of their environments."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from services.chassis.problems import Problem
from services.projections.handlers.reading import (
    LARGEST_POSITION,
    After,
    Reading,
    answer,
    first_of,
    many,
    one,
    readers_router,
)
from trellis_contracts.explaining import (
    Explanation,
    why_commit,
    why_deployment,
    why_environment,
)
from trellis_contracts.previewing import PreviewView, preview_id_of
from trellis_contracts.views import ApplicationView, DeploymentView

Sha = Annotated[str | None, Query(pattern=r"^[0-9a-f]{4,40}$")]
_LOOKED_AT = 200
"""Deployments that are looked through for a commit."""

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
        router.get("/previews/{preview}")(self.preview)
        router.get("/applications/{name}/why")(self.why)
        return router

    async def applications(self, after: After = None) -> Response:
        """Answer every application, by name."""
        return many(await self._reading.found(self._views.applications, after=after))

    async def application(self, name: str, after: After = None) -> Response:
        """Answer one application by its id or name."""
        found = await self._reading.found(lambda: self._views.application(name), after=after)
        return one(found, "There is no such application.")

    async def why(
        self, name: str, *, environment: str, number: Number = None, commit: Sha = None
    ) -> Response:
        """Explain an environment, or one of its deployments, or what became of a commit in it."""
        found = await self._reading.found(lambda: self._views.application(name), after=None)
        application = first_of(ApplicationView, found, "There is no such application.")
        where = next((e for e in application.environments if e.name == environment), None)
        if where is None:
            raise Problem(404, f"{application.name} has no environment {environment}.")
        newest = await self._newest(where.environment_id, number)
        if number is not None and not newest:
            raise Problem(404, f"{environment} has no deployment #{number}.")
        if number is not None:
            told = why_deployment(newest[0], await self._preview_of(newest[0]))
        elif commit is not None:
            told = why_commit(where, newest, application=application, commit=commit)
        else:
            told = why_environment(where, newest)
        return answer(Explanation(sentences=tuple(told)).model_dump_json(), found)

    async def preview(self, preview: UUID, after: After = None) -> Response:
        """Answer one preview: what a promotion or a rollback would change."""
        found = await self._reading.found(lambda: self._views.preview(preview), after=after)
        return one(found, "There is no such preview.")

    async def _preview_of(self, view: DeploymentView) -> PreviewView | None:
        """Give the preview of exactly what a deployment brings, if one was asked for."""
        if view.content is None:
            return None
        key = preview_id_of(view.environment_id, view.content)
        found = await self._reading.found(lambda: self._views.preview(key), after=None)
        return PreviewView.model_validate_json(found.bodies[0]) if found.bodies else None

    async def _newest(self, environment: UUID, number: int | None) -> list[DeploymentView]:
        views = self._views
        found = await self._reading.found(
            lambda: (
                views.deployments(environment, before=None, limit=_LOOKED_AT)
                if number is None
                else views.numbered(environment, number)
            ),
            after=None,
        )
        return [DeploymentView.model_validate_json(body) for body in found.bodies]

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
