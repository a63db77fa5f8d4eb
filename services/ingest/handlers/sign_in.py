"""Signing in and out with a browser: a token becomes a session, and a session ends."""

import time
from collections.abc import Callable
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from services.chassis.logging import get_logger
from services.chassis.problems import Problem
from services.ingest.adapters.links import GOOD_SECONDS, Links
from services.ingest.adapters.sessions import Sessions
from services.ingest.adapters.tokens import Token, Tokens
from services.ingest.domain.browsing import may_ask, path_of
from services.ingest.domain.rates import Rate
from services.ingest.handlers.asking import address_of
from services.ingest.handlers.cookies import cleared, session_of, with_session
from services.ingest.handlers.credentials import bearer_of
from services.ingest.handlers.sign_in_page import (
    HEADERS,
    page_to_leave,
    page_with_link,
    page_with_token,
)

SIGN_IN, SIGN_OUT, LINK = "/sign-in", "/sign-out", "/sign-in/link"
_LARGEST_FORM = 16 << 10
_MOST_FIELDS = 10
_WRONG_PER_SECOND, _WRONG_AT_ONCE = 0.2, 10
_WRONG = "This token is not known here, or it was revoked."


class SignIn:
    """The pages and forms of signing in and out; guessing is slowed down for each address."""

    def __init__(
        self,
        tokens: Tokens,
        sessions: Sessions,
        *,
        links: Links,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """Takes who knows tokens, who keeps sessions, and who makes links."""
        self._tokens, self._sessions, self._links, self._now = tokens, sessions, links, now
        self._wrong = Rate(per_second=_WRONG_PER_SECOND, burst=_WRONG_AT_ONCE)

    def routes(self) -> list[Route]:
        """They are served without an identity."""
        return [
            Route(SIGN_IN, self.show, methods=["GET"]),
            Route(SIGN_IN, self.enter, methods=["POST"]),
            Route(LINK, self.make_link, methods=["POST"]),
            Route(SIGN_OUT, self.ask_to_leave, methods=["GET"]),
            Route(SIGN_OUT, self.leave, methods=["POST"]),
        ]

    async def show(self, request: Request) -> Response:
        """Ask for a token; or, with a link that is good, whether to go on as who made it."""
        next_path, code = (
            path_of(request.query_params.get("next")),
            request.query_params.get("code"),
        )
        if code is None:
            return _page(page_with_token(next_path))
        token = self._links.see(code)
        if token is None:
            gone = "This link was used, or is older than five minutes: make another one."
            return _page(page_with_token(next_path, wrong=gone), status=401)
        return _page(page_with_link(next_path, code=code, actor=token.actor))

    async def enter(self, request: Request) -> Response:
        """Begin a session of its own, whatever cookie came along; lead on to where they wanted."""
        _check_origin(request)
        form = await _form(request)
        next_path = path_of(form.get("next"))
        if wait := self._wrong.wait(address_of(request), now=self._now()):
            return _page(page_with_token(next_path, wrong=_too_often(wait)), status=429)
        token = await self._token(form)
        if token is None:
            return _page(page_with_token(next_path, wrong=_WRONG), status=401)
        self._wrong.forget(address_of(request))
        return await self._begin(request, token, next_path)

    async def _begin(self, request: Request, token: Token, next_path: str) -> Response:
        if before := session_of(request):
            await self._sessions.end(before)
        value = await self._sessions.begin(token)
        get_logger().info("signed in", who=token.actor)
        answer = RedirectResponse(next_path, 303, headers=HEADERS)
        return with_session(answer, request, value, lives=self._sessions.lifetimes.whole)

    async def ask_to_leave(self, _request: Request) -> Response:
        """Ask whether to sign out here, or everywhere."""
        return _page(page_to_leave())

    async def leave(self, request: Request) -> Response:
        """End this session, or with `everywhere` all of theirs; lead back to the first page."""
        _check_origin(request)
        form, value = await _form(request), session_of(request)
        if value:
            token = await self._sessions.find(value)
            await self._sessions.end(value)
            if token and form.get("everywhere"):
                await self._sessions.end_all(token.actor)
        return cleared(RedirectResponse(SIGN_IN, 303, headers=HEADERS), request)

    async def make_link(self, request: Request) -> Response:
        """Give whoever has a token a code that signs them in once."""
        value = bearer_of(request)
        token = await self._tokens.find(value) if value else None
        if token is None:
            raise Problem(401, "This needs a token that is not revoked.")
        code = self._links.make(token).get_secret_value()
        body = {"path": f"{SIGN_IN}?code={code}", "seconds": GOOD_SECONDS}
        return JSONResponse(body, 201, headers={"Cache-Control": "no-store"})

    async def _token(self, form: dict[str, str]) -> Token | None:
        if code := form.get("code"):
            return self._links.take(code)
        return await self._tokens.find(form.get("token", "").strip())


def _check_origin(request: Request) -> None:
    if not may_ask(request.headers, request.method):
        raise Problem(403, "Another site's page asked for this.")


async def _form(request: Request) -> dict[str, str]:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > _LARGEST_FORM:
            raise Problem(413, f"The form is larger than {_LARGEST_FORM} bytes.")
    try:
        return dict(parse_qsl(body.decode(), max_num_fields=_MOST_FIELDS))
    except ValueError:
        raise Problem(400, "The form cannot be read.") from None


def _page(text: str, *, status: int = 200) -> HTMLResponse:
    return HTMLResponse(text, status, headers=HEADERS)


def _too_often(wait: float) -> str:
    return f"Too many attempts: wait {max(1, round(wait))} seconds, then try again."
