"""`GET /identity`: the front door asks who somebody is before it lets a request pass.

A token or a session becomes a signed identity that lives for 60 seconds; every service verifies
that.
"""

import time
from collections.abc import Callable
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from services.chassis.problems import Problem
from services.ingest.adapters.sessions import Sessions
from services.ingest.adapters.signing import Signer
from services.ingest.adapters.tokens import Token, Tokens
from services.ingest.domain.browsing import may_ask, path_of, wants_page
from services.ingest.domain.rates import Rate
from services.ingest.handlers.asking import address_of, too_often
from services.ingest.handlers.cookies import session_of
from services.ingest.handlers.credentials import bearer_of
from services.ingest.handlers.sign_in import SIGN_IN
from trellis_contracts.rights import HEADER

IDENTITY = "/identity"

_BAD_PER_SECOND, _BAD_AT_ONCE = 0.2, 30


class Door:
    """Answers the front door. Guessing is slowed down for each address; a good token never is."""

    def __init__(
        self,
        tokens: Tokens,
        sessions: Sessions,
        signer: Signer,
        *,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """Takes who knows tokens and sessions, and who signs."""
        self._tokens, self._sessions, self._signer, self._now = tokens, sessions, signer, now
        self._bad = Rate(per_second=_BAD_PER_SECOND, burst=_BAD_AT_ONCE)

    def routes(self) -> list[Route]:
        """The one route, for the front door alone: its table has no way to it from outside."""
        return [Route(IDENTITY, self.identify, methods=["GET"])]

    async def identify(self, request: Request) -> Response:
        """Answer 200 with the signed identity in `rights.HEADER`, or 401, 403 or 429.

        A person who looks at a page is led to sign in instead: 303.
        """
        found = await self._find(request)
        if found is None:
            if wants_page(request.headers, _method(request)):
                return _to_sign_in(request)
            raise self._unknown(request)
        signed = self._signer.sign(found.actor, found.role, found.only)
        return Response(headers={HEADER: signed, "Cache-Control": "no-store"})

    async def _find(self, request: Request) -> Token | None:
        """By the token, if one was sent; only a browser sends a cookie by itself."""
        if "Authorization" in request.headers:
            token = bearer_of(request)
            return await self._tokens.find(token) if token else None
        session = session_of(request)
        found = await self._sessions.find(session) if session else None
        if found and not may_ask(request.headers, _method(request)):
            raise Problem(403, "Another site's page asked for this.")
        return found

    def _unknown(self, request: Request) -> Problem:
        if wait := self._bad.wait(address_of(request), now=self._now()):
            return too_often("Too many requests without a good token.", wait)
        headers = {"WWW-Authenticate": 'Bearer realm="trellis"'}
        return Problem(401, "This needs a token that is not revoked.", headers=headers)


def _method(request: Request) -> str:
    """The method of what was asked; the front door asks by GET."""
    return request.headers.get("x-forwarded-method", request.method)


def _to_sign_in(request: Request) -> Response:
    wanted = path_of(request.headers.get("x-forwarded-uri"))
    where = SIGN_IN if wanted == "/" else f"{SIGN_IN}?{urlencode({'next': wanted})}"
    return RedirectResponse(where, 303, headers={"Cache-Control": "no-store"})
