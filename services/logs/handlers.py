"""What logs serve: the lines of a run from any line on, and live."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query, Response
from sse_starlette import EventSourceResponse

from services.chassis.identity import identified
from services.logs.adapters.arrivals import Arrivals
from services.logs.adapters.store import LogStore, Page
from trellis_contracts.logs import LogLine
from trellis_contracts.names import RunId
from trellis_contracts.rights import Right

_PING_SECONDS = 15
_LIVE_LINES = 500
_BEFORE_THE_FIRST = -1

After = Annotated[int, Query(ge=_BEFORE_THE_FIRST, description="the last line already seen")]


@dataclass(frozen=True)
class Lines:
    """Where lines are read, and how followers are woken and how long they wait for a gap."""

    store: LogStore
    arrivals: Arrivals
    gap_seconds: float

    def router(self) -> APIRouter:
        """Build the routes; each needs the right to read."""
        router = APIRouter(prefix="/api/v1/logs", dependencies=[Depends(identified(Right.READ))])
        router.get("/{run}")(self.read)
        router.get("/{run}/live")(self.live)
        return router

    async def read(
        self,
        run: RunId,
        *,
        after: After = _BEFORE_THE_FIRST,
        limit: Annotated[int, Query(ge=1, le=5000)] = 1000,
    ) -> Response:
        """Answer lines after a line, `next` to go on after, and whether the run's `last` is there.

        A run that is not known, or has printed nothing yet, has no lines.
        """
        page = await asyncio.to_thread(self.store.read, run, after=after, limit=limit)
        headers = {"Cache-Control": "no-store"}
        return Response(_page(page, after), media_type="application/json", headers=headers)

    async def live(
        self,
        run: RunId,
        *,
        after: After = _BEFORE_THE_FIRST,
        last_event_id: Annotated[str | None, Header()] = None,
    ) -> EventSourceResponse:
        """Answer lines as they come, from after a line on, until the run's last one."""
        start = int(last_event_id) if last_event_id and last_event_id.isdecimal() else after
        return EventSourceResponse(follow(self, run, after=start), sep="\n", ping=_PING_SECONDS)


async def follow(lines: Lines, run: RunId, *, after: int) -> AsyncIterator[bytes]:
    """Yield a run's lines as server-sent events with their number as id, then the event `end`.

    Nothing is kept for a reader: it is given what it has room for, and the rest is read from the
    disk when it has more. Missing lines are waited for, and then shown as one that says so.
    """
    patience = _Patience(lines.gap_seconds)
    while True:
        arrived = lines.arrivals.next_of(run)
        page = await asyncio.to_thread(lines.store.read, run, after=after, limit=_LIVE_LINES)
        if shown := patience.shown(page):
            after = shown[-1].seq
            yield _events(shown)
        elif page.ended:
            yield _event(after, "{}", name="end")
            return
        else:
            await patience.wait(arrived)


class _Patience:
    """How long one reader waits for missing lines before it is shown that they are missing."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._until: float | None = None

    def shown(self, page: Page) -> Sequence[LogLine]:
        """Give what of a page is to be shown now: its lines, or a gap that was waited for."""
        now = asyncio.get_running_loop().time()
        if page.gap and not page.lines:
            self._until = self._until or now + self._seconds
            if now < self._until:
                return ()
        self._until = None
        return page.lines or ((page.gap,) if page.gap else ())

    async def wait(self, arrived: asyncio.Event) -> None:
        """Wait for lines, or until the gap has been waited for."""
        with suppress(TimeoutError):
            async with asyncio.timeout_at(self._until):
                await arrived.wait()


def _events(lines: Sequence[LogLine]) -> bytes:
    return b"".join(_event(line.seq, line.model_dump_json()) for line in lines)


def _event(seq: int, body: str, *, name: str | None = None) -> bytes:
    named = f"event: {name}\n" if name else ""
    return f"{named}id: {seq}\ndata: {body}\n\n".encode()


def _page(page: Page, after: int) -> str:
    shown = (*page.lines, page.gap) if page.gap else page.lines
    following = shown[-1].seq if shown else after
    ended = "true" if page.ended else "false"
    return f'{{"lines":[{_json(shown)}],"next":{following},"last":{ended}}}'


def _json(lines: Sequence[LogLine]) -> str:
    return ",".join(line.model_dump_json() for line in lines)
