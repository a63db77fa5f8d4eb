"""Previews: ask what a promotion or a rollback would change; the views have the answer."""

from fastapi import APIRouter

from services.ingest.adapters.orchestrator import Orchestrator
from services.ingest.handlers.asking import (
    AtEnvironment,
    Decision,
    Deployer,
    EnvironmentAddress,
    Key,
    belonging,
    decided,
    told,
)
from services.ingest.handlers.deployments import WantedPromotion, WantedRollback
from trellis_contracts.previewing import PreviewPromotion, PreviewRollback


class Previews:
    """The routes of previews. Accepted, `subject` is the preview's id."""

    def __init__(self, orchestrator: Orchestrator) -> None:
        """Takes who decides."""
        self._orchestrator = orchestrator

    def router(self) -> APIRouter:
        """The routes, to be included under the API's prefix."""
        prefix = "/applications/{application_id}/environments/{environment_id}"
        router = APIRouter(prefix=prefix, tags=["deployments"])
        router.post("/promote/preview", status_code=202)(self.promotion)
        router.post("/rollback/preview", status_code=202)(self.rollback)
        return router

    async def promotion(
        self, *, who: Deployer, at: AtEnvironment, asked: WantedPromotion, key: Key
    ) -> Decision:
        """Find out what a promotion would change. It builds the commit, and changes nothing."""
        source = EnvironmentAddress(application_id=at.application_id, environment_id=asked.source)
        belonging(source)
        command = PreviewPromotion(environment_id=at.environment_id, source=source.environment_id)
        return told(await decided(self._orchestrator, command, who=who, key=key))

    async def rollback(
        self, *, who: Deployer, at: AtEnvironment, asked: WantedRollback, key: Key
    ) -> Decision:
        """Find out what a rollback would change; it changes nothing."""
        command = PreviewRollback(
            environment_id=at.environment_id, deployment_id=asked.deployment_id
        )
        return told(await decided(self._orchestrator, command, who=who, key=key))
