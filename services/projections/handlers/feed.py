"""The feed: what changes in the views, as server-sent events."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from itertools import zip_longest
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Header
from sse_starlette import EventSourceResponse

from services.projections.adapters.views import Changes, Views
from services.projections.adapters.views_file import ViewsBeingBuilt
from services.projections.handlers.reading import LARGEST_POSITION, Reading, readers_router
from trellis_contracts import codec

_MOST_CHANGES = 500
_PING_SECONDS = 15
_BREATH_SECONDS = 0.05
_SLOWEST_READER_SECONDS = 60


class Feed:
    """The route of the feed."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading

    def router(self) -> APIRouter:
        """It needs the right to read."""
        router = readers_router()
        router.get("/feed")(self.feed)
        return router

    async def feed(
        self,
        application: UUID | None = None,
        last_event_id: Annotated[str | None, Header()] = None,
    ) -> EventSourceResponse:
        """Answer what changes from now on, or since the last event that the asker has seen."""
        return EventSourceResponse(
            changes(self._reading, since=last_event_id, application=application),
            sep="\n",
            ping=_PING_SECONDS,
            send_timeout=_SLOWEST_READER_SECONDS,
        )


async def changes(
    reading: Reading, *, since: str | None, application: UUID | None
) -> AsyncIterator[bytes]:
    """Yield changes as server-sent events, each with its position as id.

    The event `reset` says that what the reader has is no base for what follows: it has just
    begun, its position is not one of these views, or they were built anew. It then reads the
    views. Nothing is kept for a reader: a slow one gets each thing's newest change, once.
    """
    place = _Place(_position(since))
    while True:
        moved = reading.progress.next_move()
        news = await asyncio.to_thread(_news, reading.views, place.at, application)
        if news and (told := place.told(news)):
            yield told
        if news is None or place.at >= news.position:
            await moved.wait()
        await asyncio.sleep(_BREATH_SECONDS)


def _news(views: Views, after: int, application: UUID | None) -> Changes | None:
    """What changed behind a position; None while there is nothing whole to read."""
    with suppress(ViewsBeingBuilt):
        return views.changes(after=after, application=application, limit=_MOST_CHANGES)
    return None


class _Place:
    """How far a reader has come, and in which set of views."""

    def __init__(self, position: int | None) -> None:
        self.at = position or 0
        self._begins = position is None
        self._generation: int | None = None

    def told(self, news: Changes) -> bytes:
        """Give what the reader is told of the news, if anything, and move its place behind them."""
        follows = self._generation in (None, news.generation) and self.at <= news.position
        anew = self._begins or not follows
        self._begins, self._generation = False, news.generation
        self.at = news.position if anew else news.reached
        return _event(self.at, "{}", name="reset") if anew else b"".join(_events(news))


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
    return int(given) if given and is_number and int(given) <= LARGEST_POSITION else None
