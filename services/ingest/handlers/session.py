"""`GET /session`: who asks, and until when they are believed."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, ConfigDict
from starlette.requests import Request

from services.chassis.identity import identified
from services.ingest.adapters.sessions import Sessions
from services.ingest.handlers.cookies import session_of
from trellis_contracts.message import UtcDatetime
from trellis_contracts.names import ActorId
from trellis_contracts.rights import Identity, Right, Role

Reader = Annotated[Identity, Depends(identified(Right.READ))]


class SessionView(BaseModel):
    """Who asks, with which role; `by` says whether a token was sent, or a browser's session.

    `until` is when the session ends if it is not used again; a token has none.
    """

    model_config = ConfigDict(frozen=True)

    actor: ActorId
    role: Role
    by: Literal["token", "session"]
    until: UtcDatetime | None = None


class SessionRoutes:
    """The route of whoever asks."""

    def __init__(self, sessions: Sessions) -> None:
        """Takes who keeps sessions."""
        self._sessions = sessions

    def router(self) -> APIRouter:
        """The route, to be included under the API's prefix."""
        router = APIRouter(tags=["session"])
        router.get("/session")(self.read)
        return router

    async def read(self, *, request: Request, who: Reader, response: Response) -> SessionView:
        """Say who asks, with which role, and until when a browser's session lives."""
        value = None if "Authorization" in request.headers else session_of(request)
        until = await self._sessions.until(value) if value else None
        response.headers["Cache-Control"] = "no-store"
        by: Literal["token", "session"] = "session" if until else "token"
        return SessionView(actor=who.actor, role=who.role, by=by, until=until)
