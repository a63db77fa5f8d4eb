"""Reads views for those who may wait for a position, and says of which one an answer is."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Annotated, TypeVar

from fastapi import APIRouter, Depends, Query, Response

from services.chassis.identity import identified
from services.chassis.problems import Problem
from services.projections.adapters.progress import Progress
from services.projections.adapters.views import Found, Views
from services.projections.adapters.views_file import ViewsBeingBuilt, ViewsUnavailable
from trellis_contracts.message import Message
from trellis_contracts.rights import Right

Document = TypeVar("Document", bound=Message)

API = "/api/v1"
POSITION_HEADER = "Trellis-Position"
LARGEST_POSITION = 2**62
_LONGEST_RETRY = 30
"""Seconds after which a reader may ask again, however long the views are built."""

After = Annotated[int | None, Query(ge=0, description="wait until the views have this position")]


def readers_router(prefix: str = "") -> APIRouter:
    """Give a router under the API's prefix, whose every route needs the right to read."""
    return APIRouter(prefix=API + prefix, dependencies=[Depends(identified(Right.READ))])


class Reading:
    """Reads views, for those who may wait for a position."""

    def __init__(
        self, views: Views, progress: Progress, look: Callable[[], None], *, patience: float
    ) -> None:
        """Takes how to make the views look for news, and the seconds that a reader may wait."""
        self.views, self.progress = views, progress
        self._look, self._patience = look, patience

    async def found(self, read: Callable[[], Found], *, after: int | None) -> Found:
        """Give what is found once the views have the position; None: as they are.

        Raises:
            Problem: 503 when they do not have it in time, or are being built, and how far they are.
            ViewsUnavailable: they cannot be read, and nobody said what to wait for.
        """
        try:
            if after is None:
                return await asyncio.to_thread(read)
            async with asyncio.timeout(self._patience):
                return await self._once_reached(read, after)
        except ViewsBeingBuilt:
            raise self._not_yet("The views cannot be read yet") from None
        except TimeoutError:
            raise self._not_yet(f"The views have not reached position {after} yet") from None

    def _not_yet(self, what: str) -> Problem:
        building = self.progress.building
        detail = f"{what}: {building}." if building else f"{what}."
        seconds = building.seconds_left if building else 0
        retry = str(round(min(max(seconds, 1), _LONGEST_RETRY)))
        return Problem(503, detail, headers={"Retry-After": retry})

    async def _once_reached(self, read: Callable[[], Found], after: int) -> Found:
        while True:
            moved = self.progress.next_move()
            # They are just being made, or will move once they are well.
            with suppress(ViewsUnavailable, ViewsBeingBuilt):
                found = await asyncio.to_thread(read)
                if (found.position or 0) >= after:
                    return found
            self._look()
            await moved.wait()


def many(found: Found) -> Response:
    """Answer a list of everything found."""
    return answer(f"[{','.join(found.bodies)}]", found)


def one(found: Found, missing: str) -> Response:
    """Answer the one thing found.

    Raises:
        Problem: 404 with the sentence when there is none.
    """
    if not found.bodies:
        raise Problem(404, missing)
    return answer(found.bodies[0], found)


def first_of(kind: type[Document], found: Found, missing: str) -> Document:
    """Read the one thing found.

    Raises:
        Problem: 404 with the sentence when there is none.
    """
    if not found.bodies:
        raise Problem(404, missing)
    return kind.model_validate_json(found.bodies[0], extra="ignore")


def answer(body: str, found: Found) -> Response:
    """Answer with a body, and say of which position it is."""
    position = {POSITION_HEADER: str(found.position or 0), "Cache-Control": "no-store"}
    return Response(body, media_type="application/json", headers=position)
