"""GitHub's REST API as documented, as far as hooks and their deliveries go, over real HTTP.

Shapes: https://docs.github.com/en/rest/repos/webhooks, made by hand.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from services.chassis.clock import Clock
from tests.support.actors.github import Json
from tests.support.until import until

TOKEN = "ghp_of-somebody-who-may-administer-hooks"
HOOK = 4711
Deliver = Callable[[str], Awaitable[int]]


@dataclass(kw_only=True)
class GitHubApi:
    """What one GitHub knows: whose hooks there are, and how their deliveries went."""

    clock: Clock
    page: int = 100
    hooks: dict[str, list[Json]] = field(default_factory=dict)
    attempts: list[Json] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    tokens: list[str | None] = field(default_factory=list)
    instead: Callable[[Request], Response | None] = lambda _request: None
    """What is answered in place of the truth: an outage, a limit, a redirect."""
    deliver: Deliver | None = None
    """Sends a delivery again, by its GUID, and gives the status; without it none gets through."""
    url: str = ""

    def hook(self, repository: str, url: str) -> None:
        """Have a repository's hook lead to an address."""
        config = {"content_type": "json", "insecure_ssl": "0", "url": url, "secret": "********"}
        listed = self.hooks.setdefault(repository, [])
        listed.append(
            {
                "type": "Repository",
                "id": HOOK + len(listed),
                "name": "web",
                "active": True,
                "events": ["push", "pull_request"],
                "config": config,
                "created_at": "2019-06-03T00:57:16Z",
                "last_response": {"code": None, "status": "unused", "message": None},
            }
        )

    def attempt(self, guid: str, status: int, *, ago: timedelta = timedelta(0)) -> int:
        """Say that a delivery was attempted, and how it went."""
        redelivery = any(one["guid"] == guid for one in self.attempts)
        delivered_at = (self.clock() - ago).astimezone(UTC)
        id_ = 12345678 + len(self.attempts)
        self.attempts.append(
            {
                "id": id_,
                "guid": guid,
                "delivered_at": delivered_at.isoformat().replace("+00:00", "Z"),
                "redelivery": redelivery,
                "duration": 0.27,
                "status": "OK" if 200 <= status < 300 else f"Invalid HTTP Response: {status}",
                "status_code": status,
                "event": "push",
                "action": None,
                "installation_id": None,
                "repository_id": 186853002,
                "throttled_at": None,
            }
        )
        return id_

    def sent_again(self) -> list[str]:
        """The GUIDs of what was asked to be sent again, in order."""
        ids = [path.split("/")[-2] for path in self.asked if path.endswith("/attempts")]
        guids = {str(one["id"]): str(one["guid"]) for one in self.attempts}
        return [guids[id_] for id_ in ids]

    def app(self) -> Starlette:
        """The API under its root."""
        hooks = "/repos/{owner}/{repo}/hooks"
        deliveries = f"{hooks}/{{hook:int}}/deliveries"
        return Starlette(
            routes=[
                Route(hooks, self._hooks),
                Route(deliveries, self._deliveries),
                Route(f"{deliveries}/{{id:int}}/attempts", self._again, methods=["POST"]),
            ]
        )

    def _refusal(self, request: Request) -> Response | None:
        self.asked.append(request.url.path)
        self.tokens.append(request.headers.get("Authorization"))
        if instead := self.instead(request):
            return instead
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return JSONResponse({"message": "Bad credentials", "status": "401"}, 401)
        if _repository(request) not in self.hooks:
            return JSONResponse({"message": "Not Found", "status": "404"}, 404)
        return None

    async def _hooks(self, request: Request) -> Response:
        return self._refusal(request) or JSONResponse(self.hooks[_repository(request)])

    async def _deliveries(self, request: Request) -> Response:
        if refused := self._refusal(request):
            return refused
        newest = sorted(self.attempts, key=lambda one: str(one["delivered_at"]), reverse=True)
        start = int(request.query_params.get("cursor", "0"))
        end = start + min(self.page, int(request.query_params["per_page"]))
        further = request.url.include_query_params(cursor=end)
        link = {"Link": f'<{further}>; rel="next"'} if end < len(newest) else {}
        return JSONResponse(newest[start:end], headers=link)

    async def _again(self, request: Request) -> Response:
        if refused := self._refusal(request):
            return refused
        guid = next(
            str(one["guid"]) for one in self.attempts if one["id"] == request.path_params["id"]
        )
        self.attempt(guid, await self.deliver(guid) if self.deliver else 502)
        return JSONResponse({}, 202)


@asynccontextmanager
async def served(api: GitHubApi) -> AsyncIterator[GitHubApi]:
    """Serve it on a free port of loopback."""
    server = uvicorn.Server(uvicorn.Config(api.app(), port=0, log_config=None, lifespan="off"))
    serving = asyncio.create_task(server.serve())
    await until(lambda: server.started)
    api.url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    try:
        yield api
    finally:
        server.should_exit = True
        await serving


def limited(until_: datetime) -> Response:
    """What a token gets that has asked for as much as it may."""
    reset = str(int(until_.timestamp()))
    headers = {
        "X-RateLimit-Limit": "5000",
        "X-RateLimit-Remaining": "0",
        "X-RateLimit-Reset": reset,
    }
    return JSONResponse({"message": "API rate limit exceeded"}, 403, headers=headers)


def _repository(request: Request) -> str:
    return f"{request.path_params['owner']}/{request.path_params['repo']}"
