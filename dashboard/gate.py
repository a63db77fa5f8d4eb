"""The gate before everything that Reflex serves: who, from which origin, with which headers.

Reflex has no authorisation of its own. Here nothing passes without an identity that ingest signed:
no page, no asset, no websocket; and no websocket that another site's page opened.
"""

import base64
import hashlib
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.chassis.identity import Identities, IdentityRejected
from services.chassis.problems import Problem
from services.chassis.unavailable import Unavailable
from trellis_contracts.rights import HEADER

EVENTS: Final = "/_event"
_REFUSED_SOCKET: Final = 1008  # RFC 6455: policy violation
_YEAR: Final = 31_536_000
_INLINE = re.compile(rb"<script(?![^>]*\bsrc=)[^>]*>(.*?)</script>", re.DOTALL)
_KEPT_FROM_REFLEX = {b"x-trellis-identity", b"origin"}
_SAFE = {"GET", "HEAD"}


class Gate:
    """ASGI middleware around Reflex's app; health is served beside it, not through it."""

    def __init__(self, app: ASGIApp, *, identities: Identities, policy: str) -> None:
        """Takes who verifies identities, and the pages' Content-Security-Policy."""
        self._app, self._identities, self._policy = app, identities, policy

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or answer 401, 403, 405 or 503; close a websocket."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        try:
            self._check(scope)
        except Problem as problem:
            await _refuse(problem, scope, receive=receive, send=send)
            return
        passed = {**scope, "headers": _without_identity(scope["headers"])}
        await self._app(passed, receive, self._dressed(scope, send))

    def _check(self, scope: Scope) -> None:
        headers = Headers(scope=scope)
        if not is_same_origin(headers):
            raise Problem(403, "Another site's page asked for this.")
        self._identify(headers)
        if scope["type"] == "http" and scope["method"] not in _SAFE:
            raise Problem(405, "Pages are only read.", headers={"Allow": "GET, HEAD"})
        if scope["type"] == "http" and scope["path"].startswith(EVENTS):
            raise Problem(403, "Events come over a websocket alone.")
        if scope["type"] == "websocket" and "origin" not in headers:
            raise Problem(403, "A browser says from which origin it comes.")

    def _identify(self, headers: Headers) -> None:
        given = headers.getlist(HEADER)
        if len(given) != 1:
            raise Problem(401, "Nobody vouches for this request.")
        try:
            self._identities.verify(given[0])
        except IdentityRejected as rejected:
            raise Problem(401, str(rejected)) from rejected
        except Unavailable as unverifiable:
            detail = "No identity can be verified at the moment."
            raise Problem(503, detail, headers={"Retry-After": "5"}) from unverifiable

    def _dressed(self, scope: Scope, send: Send) -> Send:
        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(_always(self._policy))
                headers["Cache-Control"] = _caching(scope["path"], message["status"])
            await send(message)

        return dressed


def is_same_origin(headers: Headers) -> bool:
    """Whether a request comes from a page of the very host that it asks; or says not whence."""
    origin = headers.get("origin")
    host = headers.get("host")
    return origin is None or (bool(host) and origin in {f"http://{host}", f"https://{host}"})


def policy_of(pages: Iterable[Path]) -> str:
    """Give the Content-Security-Policy under which these pages work, and no other's script does.

    Reflex's toasts need `unsafe-eval`; its styles are made on the page.
    """
    inline = {script for page in pages for script in _INLINE.findall(page.read_bytes())}
    hashes = sorted(
        f"'sha256-{base64.b64encode(hashlib.sha256(one).digest()).decode()}'" for one in inline
    )
    return "; ".join(
        [
            "default-src 'self'",
            f"script-src 'self' 'unsafe-eval' {' '.join(hashes)}",
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data:",
            "font-src 'self'",
            "connect-src 'self'",
            "object-src 'none'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        ]
    )


def _always(policy: str) -> dict[str, str]:
    return {
        "Content-Security-Policy": policy,
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    }


def _caching(path: str, status: int) -> str:
    """What has its content's hash in its name never changes; a page is asked for each time."""
    named_by_content = path.startswith("/assets/") and status == 200  # noqa: PLR2004  # HTTP's OK
    return f"private, max-age={_YEAR}, immutable" if named_by_content else "no-cache, private"


def _without_identity(headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """Reflex sends headers to the browser, and asks about origins what was asked here."""
    return [(name, value) for name, value in headers if name.lower() not in _KEPT_FROM_REFLEX]


async def _refuse(problem: Problem, scope: Scope, *, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": _REFUSED_SOCKET})
    elif "text/html" in Headers(scope=scope).get("accept", ""):
        answer = PlainTextResponse(f"{problem.detail}\n", problem.status_code, problem.headers)
        await answer(scope, receive, send)
    else:
        await problem.response()(scope, receive, send)
