"""Waits for a condition, never for a time."""

import asyncio
from collections.abc import Callable


async def until(condition: Callable[[], bool], *, within: float = 10) -> None:
    """Return once the condition holds; fail the test when it does not in time (seconds)."""
    async with asyncio.timeout(within):
        while not condition():  # noqa: ASYNC110 - of any kind, so nothing tells us
            await asyncio.sleep(0.01)
