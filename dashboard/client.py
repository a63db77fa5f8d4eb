"""Trellis's HTTP API, asked for a person with that person's own identity.

The dashboard has no power of its own: each request carries what ingest signed for this visitor,
which lives for a minute and is asked for again.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from typing import Final, TypeVar
from urllib.parse import quote
from uuid import UUID

import httpx
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from dashboard.errors import Away, NotThere, SignedOut
from dashboard.visitors import Person, Visitor
from dashboard.wire import Wire
from services.chassis.identity import Identities, IdentityRejected
from services.chassis.unavailable import Unavailable
from trellis_contracts.names import (
    ApplicationId,
    DeploymentId,
    EnvironmentId,
    PreviewId,
    new_id,
)
from trellis_contracts.previewing import PreviewView, preview_id_of
from trellis_contracts.rights import HEADER
from trellis_contracts.views import ApplicationView, DeploymentView

V1: Final = "/api/v1"
HISTORY: Final = 25
_KNOWN_SECONDS = 4.0
"""How long a visitor is taken for who they were, where nothing is decided: pages that refresh."""

_MOST_KNOWN = 10_000
_ATTEMPTS, _PAUSE_SECONDS = 4, 0.4

Answer = TypeVar("Answer")


class Read(BaseModel):
    """Something that was read; what is not known here is ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)


class Decision(Read):
    """A command was decided; a view that has `position` shows it. `subject` is what it made."""

    position: int | None = None
    subject: UUID | None = None


class Hook(Read):
    """What to enter in GitHub; the secret is shown this once."""

    url: str
    secret: str


class Created(Decision):
    """A new application and its hook."""

    application_id: ApplicationId
    webhook: Hook


class Client:
    """One Trellis. Every method takes who asks.

    Raises:
        SignedOut, NotThere, Declined, Away: from every method.
    """

    def __init__(
        self,
        wire: Wire,
        identities: Identities,
        *,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """Takes how services are reached, and who verifies what ingest signs."""
        self._wire, self._identities, self._now = wire, identities, now
        self._known: dict[Visitor, tuple[float, Person]] = {}

    async def person(self, visitor: Visitor, *, fresh: bool = False) -> Person:
        """Give who a visitor is; `fresh`: as ingest says at this moment."""
        at, known = self._known.get(visitor, (0.0, None))
        if known and not fresh and self._now() - at < _KNOWN_SECONDS:
            return known
        self._known.pop(visitor, None)
        found = await self._ask_who(visitor)
        if len(self._known) >= _MOST_KNOWN:
            self._known.clear()
        self._known[visitor] = (self._now(), found)
        return found

    async def applications(self, who: Visitor) -> tuple[ApplicationView, ...]:
        """Every application, by name."""
        return _read(tuple[ApplicationView, ...], await self._view(who, "/applications"))

    async def application(
        self, who: Visitor, name: str, *, after: int | None = None
    ) -> ApplicationView:
        """One application by its name or id; `after`: as soon as views have this position.

        One that was deleted is not there, until another one has its name.
        """
        path, params = f"/applications/{quote(name, safe='')}", {"after": after} if after else {}
        found = _read(ApplicationView, await self._view(who, path, **params))
        if found.deletion and found.deletion.deleted_at:
            at = found.deletion.deleted_at
            raise NotThere(f"{found.name} was deleted on {at:%Y-%m-%d}. Its history is kept.")
        return found

    async def deployments(
        self, who: Visitor, environment: EnvironmentId, **params: int
    ) -> tuple[DeploymentView, ...]:
        """An environment's newest deployments, or the one with a `number`."""
        path = f"/environments/{environment}/deployments"
        answer = await self._view(who, path, **({"limit": HISTORY} | params))
        return _read(tuple[DeploymentView, ...], answer)

    async def deployment(self, who: Visitor, deployment: DeploymentId) -> DeploymentView:
        """One deployment."""
        return _read(DeploymentView, await self._view(who, f"/deployments/{deployment}"))

    async def preview_of(self, who: Visitor, view: DeploymentView) -> PreviewView | None:
        """The preview of exactly what a deployment would bring, if one was asked for."""
        if view.content is None:
            return None
        return await self.preview(who, preview_id_of(view.environment_id, view.content))

    async def preview(self, who: Visitor, preview: PreviewId) -> PreviewView | None:
        """One preview, if views know of it."""
        try:
            return _read(PreviewView, await self._view(who, f"/previews/{preview}"))
        except NotThere:
            return None

    async def create(self, who: Visitor, wanted: Mapping[str, object]) -> Created:
        """Connect a repository."""
        return _read(Created, await self._command(who, "POST", "/applications", body=wanted))

    async def decide(
        self,
        who: Visitor,
        method: str,
        path: str,
        *,
        body: Mapping[str, object] | None = None,
        dry_run: bool = False,
        key: UUID | None = None,
    ) -> Decision:
        """Have a command decided; `dry_run`: hear only whether it would be.

        However often it is sent with the same key, it happens once.
        """
        answer = await self._command(who, method, path, body=body, dry_run=dry_run, key=key)
        return _read(Decision, answer)

    async def feed(self, who: Visitor) -> AsyncGenerator[None]:
        """Yield whenever a view has changed, and once at first, until the connection ends."""
        headers = _headers(who, await self.person(who))
        async with aclosing(
            self._wire.events("projections", f"{V1}/feed", headers=headers)
        ) as all_:
            async for _ in all_:
                yield

    async def illness(self, service: str) -> str:
        """Say what is ill with a service, in a few words; empty: it is well. Raises nothing."""
        return await self._wire.illness(service)

    async def _ask_who(self, visitor: Visitor) -> Person:
        if not visitor.has_credentials:
            raise SignedOut
        headers = dict(visitor.headers)
        answer = await self._wire.send("ingest", "GET", "/identity", headers=headers)
        signed = answer.headers.get(HEADER, "")
        try:
            return Person(self._identities.verify(signed), signed)
        except IdentityRejected:
            raise SignedOut from None
        except Unavailable:
            raise Away("ingest", "has no key yet") from None

    async def _view(self, who: Visitor, path: str, **params: int) -> httpx.Response:
        headers = _headers(who, await self.person(who))
        path = f"{V1}/views{path}"
        return await self._wire.send("projections", "GET", path, headers=headers, params=params)

    async def _command(
        self,
        who: Visitor,
        method: str,
        path: str,
        *,
        body: Mapping[str, object] | None = None,
        dry_run: bool = False,
        key: UUID | None = None,
    ) -> httpx.Response:
        """What nobody decided is sent again with its key, so it happens once."""
        headers = _headers(who, await self.person(who)) | {"Idempotency-Key": str(key or new_id())}
        params = {"dry_run": "true"} if dry_run else {}
        for attempt in range(1, _ATTEMPTS):
            try:
                return await self._wire.send(
                    "ingest", method, V1 + path, headers=headers, params=params, body=body
                )
            except Away:
                await asyncio.sleep(_PAUSE_SECONDS * attempt)
        return await self._wire.send(
            "ingest", method, V1 + path, headers=headers, params=params, body=body
        )


def _headers(visitor: Visitor, person: Person) -> dict[str, str]:
    """The credentials stay here: whoever is asked gets what ingest made of them."""
    kept = {
        name: value for name, value in visitor.headers if name not in ("cookie", "authorization")
    }
    return kept | {HEADER: person.signed}


def _read(kind: type[Answer], answer: httpx.Response) -> Answer:
    try:
        return TypeAdapter(kind).validate_json(answer.content, extra="ignore")
    except ValidationError as error:
        raise Away("trellis", "answered what these pages cannot read") from error
