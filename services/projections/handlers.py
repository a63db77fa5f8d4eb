"""What projections serve: the views, and the feed of their changes."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from itertools import zip_longest
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query, Response
from sse_starlette import EventSourceResponse

from services.chassis.identity import identified
from services.chassis.problems import Problem
from services.projections.adapters.progress import Progress
from services.projections.adapters.views import Changes, Found, Views
from trellis_contracts import codec
from trellis_contracts.rights import Right

POSITION_HEADER = "Trellis-Position"
_MOST_CHANGES = 500
_LARGEST = 2**62
_PING_SECONDS = 15
_BREATH_SECONDS = 0.05
_SLOWEST_READER_SECONDS = 60

After = Annotated[int | None, Query(ge=0, description="wait until the views have this position")]


class Reading:
    """Reads views, for those who may wait for a position."""

    def __init__(
        self, views: Views, progress: Progress, look: Callable[[], None], *, patience: float
    ) -> None:
        """Takes how to make the views look for news, and the seconds that a reader may wait."""
        self.views, self.progress = views, progress
        self._look, self._patience = look, patience

    async def found(self, read: Callable[[], Found], *, after: int | None) -> Found:
        """Give what is found once the views have the position.

        Raises:
            Problem: 503 when they do not have it in time.
        """
        try:
            async with asyncio.timeout(self._patience):
                while True:
                    moved = self.progress.next_move()
                    found = await asyncio.to_thread(read)
                    if after is None or (found.position or 0) >= after:
                        return found
                    self._look()
                    await moved.wait()
        except TimeoutError:
            detail = f"The views have not reached position {after} yet."
            raise Problem(503, detail, headers={"Retry-After": "1"}) from None


def routes(reading: Reading) -> APIRouter:
    """Build the routes; each needs the right to read."""
    router = APIRouter(prefix="/api/v1", dependencies=[Depends(identified(Right.READ))])
    views = reading.views

    @router.get("/views/applications")
    async def applications(after: After = None) -> Response:
        """Answer every application, by name."""
        return _many(await reading.found(views.applications, after=after))

    @router.get("/views/applications/{name}")
    async def application(name: str, after: After = None) -> Response:
        """Answer one application by its id or name."""
        found = await reading.found(lambda: views.application(name), after=after)
        return _one(found, "There is no such application.")

    @router.get("/views/environments/{environment}/deployments")
    async def deployments(
        environment: UUID,
        *,
        number: Annotated[int | None, Query(ge=1, le=_LARGEST)] = None,
        before: Annotated[int | None, Query(ge=1, le=_LARGEST)] = None,
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
        after: After = None,
    ) -> Response:
        """Answer an environment's deployments, newest first, or the one with this number."""
        if number is not None:
            found = await reading.found(lambda: views.numbered(environment, number), after=after)
        else:
            found = await reading.found(
                lambda: views.deployments(environment, before=before, limit=limit), after=after
            )
        return _many(found)

    @router.get("/views/deployments/{deployment}")
    async def deployment(deployment: UUID, after: After = None) -> Response:
        """Answer one deployment."""
        found = await reading.found(lambda: views.deployment(deployment), after=after)
        return _one(found, "There is no such deployment.")

    @router.get("/feed")
    async def feed(
        application: UUID | None = None,
        last_event_id: Annotated[str | None, Header()] = None,
    ) -> EventSourceResponse:
        """Answer what changes from now on, or since the last event that the asker has seen."""
        return EventSourceResponse(
            changes(reading, since=last_event_id, application=application),
            sep="\n",
            ping=_PING_SECONDS,
            send_timeout=_SLOWEST_READER_SECONDS,
        )

    return router


async def changes(
    reading: Reading, *, since: str | None, application: UUID | None
) -> AsyncIterator[bytes]:
    """Yield changes as server-sent events, each with its position as id.

    The event `reset` says that what the reader has is no base for what follows: it has just
    begun, its position is not one of these views, or they were built anew. It then reads the
    views. Nothing is kept for a reader: a slow one gets each thing's newest change, once.
    """
    at, generation = _position(since), None
    while True:
        moved = reading.progress.next_move()
        news = await asyncio.to_thread(
            reading.views.changes, after=at or 0, application=application, limit=_MOST_CHANGES
        )
        if at is None or at > news.position or generation not in (None, news.generation):
            at = news.position
            yield _event(at, "{}", name="reset")
        else:
            at = news.reached
            if news.changed:
                yield b"".join(_events(news))
        generation = news.generation
        if at >= news.position:
            await moved.wait()
        await asyncio.sleep(_BREATH_SECONDS)


def _events(news: Changes) -> Iterator[bytes]:
    """What changed at one position has its id on the last event, so that none is lost on resume."""
    for change, following in zip_longest(news.changed, news.changed[1:]):
        last = following is None or following.position > change.position
        yield _event(change.position if last else None, codec.encode(change).decode())


def _event(position: int | None, body: str, *, name: str | None = None) -> bytes:
    fields = {"event": name, "id": position, "data": body}
    lines = "".join(f"{field}: {value}\n" for field, value in fields.items() if value is not None)
    return f"{lines}\n".encode()


def _position(given: str | None) -> int | None:
    """Nothing that no feed has ever sent is a position: then the reader begins anew."""
    is_number = given is not None and given.isascii() and given.isdigit()
    return int(given) if given and is_number and int(given) <= _LARGEST else None


def _many(found: Found) -> Response:
    return _answer(f"[{','.join(found.bodies)}]", found)


def _one(found: Found, missing: str) -> Response:
    if not found.bodies:
        raise Problem(404, missing)
    return _answer(found.bodies[0], found)


def _answer(body: str, found: Found) -> Response:
    position = {POSITION_HEADER: str(found.position or 0), "Cache-Control": "no-store"}
    return Response(body, media_type="application/json", headers=position)
