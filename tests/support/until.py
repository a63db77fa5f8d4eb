"""Waits for a condition, never for a time."""

import asyncio
from collections.abc import Callable


async def until(
    condition: Callable[[], object], *, within: float = 10, every: float = 0.01
) -> None:
    """Return once the condition holds; fail the test when it does not in time (seconds).

    It may be asynchronous, and is looked at `every` so many seconds.
    """
    async with asyncio.timeout(within):
        while not await _holds(condition):  # noqa: ASYNC110 - of any kind, so nothing tells us
            await asyncio.sleep(every)


async def _holds(condition: Callable[[], object]) -> bool:
    answer = condition()
    return bool(await answer if asyncio.iscoroutine(answer) else answer)
