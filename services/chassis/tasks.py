"""Ends tasks for certain: a cancellation alone may be swallowed on its way."""

import asyncio
from collections.abc import Iterable

_AGAIN_SECONDS = 0.1


async def end(*tasks: "asyncio.Task[None]") -> None:
    """Cancel the tasks, and again until each is done; what they raised is theirs.

    `asyncio.wait_for` of Python 3.11, which nats-py rests on, returns a result that arrives in the
    same moment as a cancellation, and the cancellation is gone (python/cpython#86296).
    """
    left: Iterable[asyncio.Task[None]] = tasks
    while left := [task for task in left if not task.done()]:
        for task in left:
            task.cancel()
        await asyncio.wait(left, timeout=_AGAIN_SECONDS)
