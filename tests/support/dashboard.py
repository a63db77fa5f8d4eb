"""The services that the dashboard asks, played; and a tab's states without Reflex's server."""

import inspect
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar
from uuid import UUID

import httpx
import reflex as rx
from reflex.state import BaseState

from dashboard.client import Client
from dashboard.hub import Hub
from dashboard.rooms import Rooms, furnish
from dashboard.wire import Wire
from services.chassis.identity import Identities
from services.ingest.adapters.signing import Signer, open_signer
from trellis_contracts.deployments import DeployKind, Trigger
from trellis_contracts.message import Message
from trellis_contracts.names import derived_id
from trellis_contracts.previewing import PreviewView
from trellis_contracts.releases import Cloud, StackOutputs
from trellis_contracts.rights import HEADER, Role
from trellis_contracts.settings import EnvironmentSettings
from trellis_contracts.views import (
    ApplicationView,
    DeploymentState,
    DeploymentView,
    EnvironmentView,
    ReleaseView,
)

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
NAMES = ("development", "staging", "production")
SERVICES = {name: f"http://{name}" for name in ("ingest", "projections", "logs")}
STACKS = (StackOutputs(stack="shop", stack_id="arn", outputs={"Url": "https://shop.example"}),)

State = TypeVar("State", bound=rx.State)
Refusal = tuple[int, dict[str, object]]


def sha(digit: str) -> str:
    return digit * 40


def deployment(number: int, **given: object) -> DeploymentView:
    """A success of development, unless told otherwise."""
    fields: dict[str, object] = {
        "application_id": derived_id("shop"),
        "application": "shop",
        "environment_id": derived_id("development"),
        "environment": "development",
        "deployment_id": derived_id("deployment", number),
        "number": number,
        "kind": DeployKind.DEPLOY,
        "trigger": Trigger.PUSH,
        "state": DeploymentState.SUCCEEDED,
        "actor": "forge:ana",
        "branch": "main",
        "commit": sha(str(number % 10)),
        "message": f"Change {number}\n\nand why",
        "requested_at": NOW - timedelta(minutes=10),
        "started_at": NOW - timedelta(minutes=9),
        "finished_at": NOW - timedelta(minutes=8),
        "seconds": 60.0,
        "stacks": STACKS,
    }
    return DeploymentView.model_validate(fields | given)


def release(number: int, **given: object) -> ReleaseView:
    fields: dict[str, object] = {
        "deployment_id": derived_id("deployment", number),
        "number": number,
        "commit": sha(str(number % 10)),
        "branch": "main",
        "stacks": STACKS,
        "cloud": Cloud(account="1" * 12, region="us-east-1"),
        "since": NOW - timedelta(minutes=8),
    }
    return ReleaseView.model_validate(fields | given)


def environment(name: str = "development", /, **given: object) -> EnvironmentView:
    automatic = name == "development"
    fields: dict[str, object] = {
        "environment_id": derived_id(name),
        "name": name,
        "stage": name,
        "production": name == "production",
        "settings": EnvironmentSettings(branch="main" if automatic else None, automatic=automatic),
        "credentials_version": 1,
    }
    return EnvironmentView.model_validate(fields | given)


def application(*environments: EnvironmentView, **given: object) -> ApplicationView:
    named = {one.name: one for one in environments}
    fields: dict[str, object] = {
        "application_id": derived_id("shop"),
        "name": "shop",
        "repository": "https://github.com/acme/shop",
        "default_branch": "main",
        "created_at": NOW,
        "webhook_seen": True,
        "environments": tuple(named.get(name) or environment(name) for name in NAMES),
    }
    return ApplicationView.model_validate(fields | given)


@dataclass
class Services:
    """Ingest and projections; `members` has who may come, by token."""

    signer: Signer
    shop: ApplicationView = field(default_factory=application)
    deployments: list[DeploymentView] = field(default_factory=list)
    previews: list[PreviewView] = field(default_factory=list)
    members: dict[str, Role] = field(default_factory=lambda: {"ana": Role.DEVELOPER})
    refusal: Refusal | None = None
    subject: UUID | None = None
    health: dict[str, str] = field(default_factory=lambda: {"bus": "ok", "views": "ok"})
    away: set[str] = field(default_factory=set)
    asked: list[tuple[str, str, dict[str, object] | None]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    seen: list[httpx.Request] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.seen.append(request)
        if request.url.host in self.away:
            raise httpx.ConnectError("refused", request=request)
        if request.url.path == "/health/ready":
            return httpx.Response(200 if self.health["bus"] == "ok" else 503, json=self.health)
        if request.url.path == "/identity":
            return self._identity(request)
        if HEADER not in request.headers:
            return httpx.Response(401)
        return self._view(request) if request.url.host == "projections" else self._decide(request)

    def _identity(self, request: httpx.Request) -> httpx.Response:
        name = request.headers.get("authorization", "").removeprefix("Bearer ")
        role = self.members.get(name)
        if role is None:
            return httpx.Response(401)
        return httpx.Response(200, headers={HEADER: self.signer.sign(f"person:{name}", role)})

    def _view(self, request: httpx.Request) -> httpx.Response:
        _, _, path = request.url.path.partition("/views")
        if path == "/applications":
            return _json([self.shop])
        if path == "/applications/shop":
            return _json(self.shop)
        if path.startswith("/environments/"):
            return _json(self._history(request))
        if path.startswith("/previews/"):
            found_previews = [one for one in self.previews if str(one.preview_id) in path]
            return _json(found_previews[0]) if found_previews else httpx.Response(404, json={})
        found = [one for one in self.deployments if str(one.deployment_id) in path]
        missing = httpx.Response(404, json={"detail": "There is no such thing."})
        return _json(found[0]) if found else missing

    def _history(self, request: httpx.Request) -> list[DeploymentView]:
        number = request.url.params.get("number")
        return [
            one
            for one in self.deployments
            if str(one.environment_id) in request.url.path
            if number is None or one.number == int(number)
        ]

    def _decide(self, request: httpx.Request) -> httpx.Response:
        body = json.loads(request.content) if request.content else None
        self.keys.append(request.headers["idempotency-key"])
        if request.url.params.get("dry_run") != "true":
            self.asked.append((request.method, request.url.path.removeprefix("/api/v1"), body))
        if self.refusal:
            status, problem = self.refusal
            return httpx.Response(status, json=problem)
        subject = str(self.subject) if self.subject else None
        return httpx.Response(202, json={"position": 1, "subject": subject} | _MADE)


_MADE = {
    "application_id": str(derived_id("shop")),
    "webhook": {"url": "https://t.example/webhooks/github/x", "secret": "shown this once"},
}


def _json(found: Message | Sequence[Message]) -> httpx.Response:
    several = [found] if isinstance(found, Message) else found
    bodies = ",".join(one.model_dump_json() for one in several)
    text = f"[{bodies}]" if not isinstance(found, Message) else bodies
    return httpx.Response(200, text=text, headers={"content-type": "application/json"})


@contextmanager
def furnished(folder: Path) -> Iterator[Services]:
    """Let the states of this process reach played services."""
    public = folder / "identity" / "public.pem"
    services = Services(open_signer(folder / "keys" / "identity.pem", public))
    wire = Wire(SERVICES, transport=httpx.MockTransport(services))
    client = Client(wire, Identities(public))
    furnish(Rooms(client, Hub(client)))
    yield services


def tab(headers: dict[str, str] | None = None, **params: str) -> rx.State:
    """The states of one tab, whose browser sent these headers, at an address with these parts."""
    root = rx.State(_reflex_internal_init=True)  # type: ignore[call-arg]  # how Reflex makes it
    data = {"headers": headers if headers is not None else signed_in("ana"), "query": params}
    root.router_data = root._update_router_vars(data, {})
    return root


def signed_in(name: str) -> dict[str, str]:
    return {"authorization": f"Bearer {name}", "host": "t.example"}


def state(root: rx.State, kind: type[State]) -> State:
    """One page's state of a tab."""
    found: BaseState = root
    for name in kind.get_full_name().split(".")[1:]:
        found = found.substates[name]
    assert isinstance(found, kind)
    return found


async def done(page: rx.State, event: str, *given: object) -> object:
    """Have a page take one of its events; give what the browser is told."""
    told = type(page).event_handlers[event].fn(page, *given)
    return await told if inspect.isawaitable(told) else told
