"""`GET /identity`: the front door asks who somebody is before it lets a request pass.

A token becomes a signed identity that lives for 60 seconds; every service verifies that.
"""

import re
import time
from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.chassis.problems import Problem
from services.ingest.adapters.signing import Signer
from services.ingest.adapters.tokens import Tokens
from services.ingest.domain.rates import Rate
from services.ingest.handlers.asking import address_of, too_often
from trellis_contracts.rights import HEADER

IDENTITY = "/identity"

_BEARER = re.compile(r"[Bb]earer +([A-Za-z0-9_-]{16,128})")
_BAD_PER_SECOND, _BAD_AT_ONCE = 0.2, 30


class Door:
    """Answers the front door. Guessing is slowed down for each address; a good token never is."""

    def __init__(
        self, tokens: Tokens, signer: Signer, *, now: Callable[[], float] = time.monotonic
    ) -> None:
        """Takes who knows tokens and who signs."""
        self._tokens, self._signer, self._now = tokens, signer, now
        self._bad = Rate(per_second=_BAD_PER_SECOND, burst=_BAD_AT_ONCE)

    def routes(self) -> list[Route]:
        """The one route, for the front door alone: its table has no way to it from outside."""
        return [Route(IDENTITY, self.identify, methods=["GET"])]

    async def identify(self, request: Request) -> Response:
        """Answer 200 with the signed identity in `rights.HEADER`, or 401, or 429."""
        token = _bearer(request)
        found = await self._tokens.find(token) if token else None
        if found is None:
            raise self._unknown(request)
        signed = self._signer.sign(found.actor, found.role)
        return Response(headers={HEADER: signed, "Cache-Control": "no-store"})

    def _unknown(self, request: Request) -> Problem:
        if wait := self._bad.wait(address_of(request), now=self._now()):
            return too_often("Too many requests without a good token.", wait)
        headers = {"WWW-Authenticate": 'Bearer realm="trellis"'}
        return Problem(401, "This needs a token that is not revoked.", headers=headers)


def _bearer(request: Request) -> str | None:
    given = request.headers.getlist("Authorization")
    bearer = _BEARER.fullmatch(given[0]) if len(given) == 1 else None
    return bearer[1] if bearer else None
