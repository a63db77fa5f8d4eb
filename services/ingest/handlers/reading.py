"""Reads a body of unknown honesty: never more than its limit, never for longer than it may take."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Final, TypeVar

from starlette.requests import ClientDisconnect, Request

from services.chassis.identity import declared_length
from services.chassis.problems import Problem

Computed = TypeVar("Computed")

SMALL: Final = 1024 * 1024
"""Bytes; what is larger waits for its turn, and is worked on beside the event loop."""

_LARGE_AT_ONCE = 4
_CLOSE = {"Connection": "close"}


class Bodies:
    """Reads bodies of at most `largest` bytes within `seconds`, and few large ones at once.

    So the memory that senders can take, before anybody knows who they are, has a bound.
    """

    def __init__(self, *, largest: int, seconds: float) -> None:
        """Takes the limits of one body."""
        self._largest, self._seconds = largest, seconds
        self._large = asyncio.Semaphore(_LARGE_AT_ONCE)

    @asynccontextmanager
    async def of(self, request: Request) -> AsyncIterator[bytearray]:
        """Give the whole body; a large one counts until the block ends.

        Raises:
            Problem: 413, 408, or 400 when the sender went away.
        """
        async with AsyncExitStack() as turn:
            try:
                async with asyncio.timeout(self._seconds):
                    body = await self._read(request, turn)
            except TimeoutError:
                detail = f"The body did not arrive within {self._seconds:.0f} seconds."
                raise Problem(408, detail, remedy="Send it faster.", headers=_CLOSE) from None
            except ClientDisconnect:
                raise Problem(400, "The request ended before its body did.") from None
            yield body

    async def _read(self, request: Request, turn: AsyncExitStack) -> bytearray:
        self._refuse_above(declared_length(request.headers))
        body = bytearray()
        waited = False
        async for chunk in request.stream():
            self._refuse_above(len(body) + len(chunk))
            if not waited and len(body) + len(chunk) > SMALL:
                await turn.enter_async_context(self._large)
                waited = True
            body += chunk
        return body

    def _refuse_above(self, size: int) -> None:
        if size > self._largest:
            detail = f"The body is larger than {self._largest} bytes."
            raise Problem(413, detail, headers=_CLOSE)


async def beside_the_loop_if_large(size: int, work: Callable[[], Computed]) -> Computed:
    """Do the work on `size` bytes without holding up other requests."""
    return work() if size <= SMALL else await asyncio.to_thread(work)
