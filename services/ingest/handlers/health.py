"""`GET /api/v1/health`: how the whole installation is, for whoever may read."""

from fastapi import APIRouter, Depends

from services.chassis.identity import identified
from services.ingest.adapters.roll_call import RollCall
from trellis_contracts.health import HealthView
from trellis_contracts.rights import Right


class Health:
    """The one route; it answers 200 whatever is ill: only a dead ingest answers nothing."""

    def __init__(self, roll_call: RollCall) -> None:
        """Takes who asks everybody."""
        self._roll_call = roll_call

    def router(self) -> APIRouter:
        """The route, to be included under the API's prefix."""
        router = APIRouter(prefix="/health", tags=["health"])
        router.get("", dependencies=[Depends(identified(Right.READ))])(self.read)
        return router

    async def read(self) -> HealthView:
        """Say how every service is, and what waits for one that is ill."""
        return await self._roll_call.take()
