"""Turns: decisions on one thing are made one after another, so that none is made in vain."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from weakref import WeakValueDictionary


class Turns:
    """One lock for each key, for as long as somebody holds or awaits it."""

    def __init__(self) -> None:
        self._locks: WeakValueDictionary[object, asyncio.Lock] = WeakValueDictionary()

    @asynccontextmanager
    async def of(self, key: object) -> AsyncIterator[None]:
        """Wait until it is our turn with the key, and keep it for the block."""
        lock = self._locks.setdefault(key, asyncio.Lock())
        async with lock:
            yield
