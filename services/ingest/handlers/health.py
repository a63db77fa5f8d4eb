"""How the whole installation is, and what its builders have, for whoever may read."""

from fastapi import APIRouter, Depends

from services.chassis.identity import identified
from services.ingest.adapters.roll_call import RollCall
from trellis_contracts.health import BuilderView, HealthView
from trellis_contracts.rights import Right


class Health:
    """`GET /health` and `/builders`; the first answers 200 whatever is ill."""

    def __init__(self, roll_call: RollCall) -> None:
        """Takes who asks everybody."""
        self._roll_call = roll_call

    def router(self) -> APIRouter:
        """The routes, to be included under the API's prefix."""
        router = APIRouter(tags=["health"], dependencies=[Depends(identified(Right.READ))])
        router.get("/health")(self.read)
        router.get("/builders")(self.builders)
        return router

    async def read(self) -> HealthView:
        """Say how every service is, and what waits for one that is ill."""
        return await self._roll_call.take()

    async def builders(self) -> tuple[BuilderView, ...]:
        """Say what every builder has: room, isolation, toolchains, kept dependencies."""
        return await self._roll_call.builders()
