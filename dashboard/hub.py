"""One ear for all pages of this process: it hears what changes, and how the services are.

The feed is opened with the identity of somebody who looks, and only while somebody does. It says
no more than which view changed; what a page shows of it, it reads with its own visitor's identity.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from typing import Final

from dashboard.client import Client
from dashboard.errors import SignedOut, Trouble
from dashboard.visitors import Visitor
from services.chassis import tasks

BREATH_SECONDS: Final = 0.15
"""How long a page rests between two readings."""

AGES_SECONDS: Final = 15.0
"""After how long a page is drawn anew although nothing changed: `2 min ago` becomes `3 min ago`."""

_HEALTH_SECONDS = 2.0
_AGAIN_SECONDS = 0.5
_ASKED = ("projections", "ingest")


@dataclass(eq=False)
class _Watcher:
    visitor: Visitor
    woken: asyncio.Event = field(default_factory=asyncio.Event)


class Hub:
    """Wakes the pages. `illness` says what keeps them from being live; empty: nothing does."""

    def __init__(self, client: Client) -> None:
        """Takes whom to ask; it starts when somebody looks."""
        self._client = client
        self._watchers: set[_Watcher] = set()
        self._work: list[asyncio.Task[None]] = []
        self._deaf = ""
        self._unwell = ""

    @property
    def illness(self) -> str:
        """What keeps pages from being live, in a few words."""
        return self._unwell or self._deaf

    @property
    def watchers(self) -> int:
        """How many pages are open."""
        return len(self._watchers)

    async def beats(self, visitor: Visitor) -> AsyncGenerator[str]:
        """Yield the illness at once, and again whenever the page should be read anew.

        Nothing is kept for a page: however much changed while it was busy is one beat.
        """
        watcher = _Watcher(visitor)
        self._watchers.add(watcher)
        if not self._work:
            self._work = [asyncio.create_task(work) for work in (self._listen(), self._feel())]
        try:
            while True:
                watcher.woken.clear()
                yield self.illness
                await asyncio.sleep(BREATH_SECONDS)
                with suppress(TimeoutError):
                    await asyncio.wait_for(watcher.woken.wait(), AGES_SECONDS)
        finally:
            self._watchers.discard(watcher)

    async def close(self) -> None:
        """Stop hearing."""
        for work in self._work:
            await tasks.end(work)
        self._work = []

    async def _listen(self) -> None:
        """Hear the feed for ever, by turns with the identity of each who looks, until one works."""
        while True:
            visitor = next((one.visitor for one in self._watchers), None)
            if visitor is None:
                await asyncio.sleep(_AGAIN_SECONDS)
                continue
            try:
                await self._hear(visitor)
            except SignedOut:
                self._pass_over(visitor)
            except Trouble as trouble:
                self._become(deaf=str(trouble).rstrip("."))
            await asyncio.sleep(_AGAIN_SECONDS)

    async def _hear(self, visitor: Visitor) -> None:
        async with aclosing(self._client.feed(visitor)) as changes:
            async for _ in changes:
                self._deaf = ""
                self._wake()

    def _pass_over(self, visitor: Visitor) -> None:
        """Their page finds out itself, and is closed; somebody else's identity comes next."""
        gone = {one for one in self._watchers if one.visitor == visitor}
        for one in gone:
            one.woken.set()
        self._watchers -= gone

    async def _feel(self) -> None:
        """A feed that is open and silent tells nothing: services say themselves how they are."""
        while True:
            if self._watchers:
                said = [await self._client.illness(service) for service in _ASKED]
                self._become(unwell=next(filter(None, said), ""))
            await asyncio.sleep(_HEALTH_SECONDS)

    def _become(self, *, deaf: str | None = None, unwell: str | None = None) -> None:
        before = self.illness
        self._deaf = self._deaf if deaf is None else deaf
        self._unwell = self._unwell if unwell is None else unwell
        if self.illness != before:
            self._wake()

    def _wake(self) -> None:
        for watcher in self._watchers:
            watcher.woken.set()
