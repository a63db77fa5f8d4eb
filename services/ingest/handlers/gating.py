"""People's word on deployments that wait: approve one, let one pass a freeze, end a hold."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path
from pydantic import Field

from services.ingest.adapters.orchestrator import Orchestrator
from services.ingest.handlers.asking import (
    Approver,
    AtEnvironment,
    Body,
    Decision,
    Key,
    Overrider,
    decided,
    told,
)
from trellis_contracts.gating import Approve, LiftHold, OverrideFreeze

At = Annotated[UUID, Path()]


class NewApproval(Body):
    """`content` of the deployment as it was looked at: approved is that and nothing else."""

    content: str = Field(pattern=r"^[0-9a-f]{64}$")


class NewOverride(Body):
    """Why it cannot wait for the end of the freeze; it is recorded."""

    reason: str = Field(min_length=1, max_length=512)


class Gating:
    """The routes of approvals, overrides and holds."""

    def __init__(self, orchestrator: Orchestrator) -> None:
        """Takes who decides."""
        self._orchestrator = orchestrator

    def router(self) -> APIRouter:
        """The routes, to be included under the API's prefix."""
        prefix = "/applications/{application_id}/environments/{environment_id}"
        router = APIRouter(prefix=prefix, tags=["deployments"])
        one = "/deployments/{deployment_id}"
        router.post(f"{one}/approve", status_code=202)(self.approve)
        router.post(f"{one}/override-freeze", status_code=202)(self.override_freeze)
        router.post("/resume", status_code=202)(self.resume)
        return router

    async def approve(
        self, *, who: Approver, at: AtEnvironment, deployment_id: At, asked: NewApproval, key: Key
    ) -> Decision:
        """Approve a deployment that waits for it. It starts when enough people have."""
        command = Approve(
            environment_id=at.environment_id, deployment_id=deployment_id, content=asked.content
        )
        return told(await decided(self._orchestrator, command, who=who, key=key))

    async def override_freeze(
        self, *, who: Overrider, at: AtEnvironment, deployment_id: At, asked: NewOverride, key: Key
    ) -> Decision:
        """Let a waiting deployment start in spite of a freeze: a right of its own."""
        command = OverrideFreeze(
            environment_id=at.environment_id, deployment_id=deployment_id, reason=asked.reason
        )
        return told(await decided(self._orchestrator, command, who=who, key=key))

    async def resume(self, *, who: Approver, at: AtEnvironment, key: Key) -> Decision:
        """Let pushes deploy again after a rollback; the next push does, nothing at once."""
        command = LiftHold(environment_id=at.environment_id)
        return told(await decided(self._orchestrator, command, who=who, key=key))
