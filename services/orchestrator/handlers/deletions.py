"""The reactor that deletes applications: what is to be done follows from state alone.

Somebody asked; from then on the application takes teardowns only. Whatever waits is cancelled,
every environment that may have something in the cloud is torn down, once for each time that
somebody asked, and when nothing is left the deletion is recorded.
"""

import asyncio

from services.chassis.logging import get_logger
from services.chassis.unavailable import Unavailable
from services.orchestrator.adapters.alone import alone
from services.orchestrator.adapters.routing import Index
from services.orchestrator.domain.connected import Application
from services.orchestrator.domain.own import own
from services.orchestrator.handlers.applications import Applications
from services.orchestrator.handlers.emptying import Emptying
from trellis_contracts.lifecycles import ConcludeDeletion

_PAUSE_SECONDS = 1.0


class Deletions:
    """Every application that is on its way out."""

    def __init__(self, index: Index, *, applications: Applications, emptying: Emptying) -> None:
        self._index, self._applications, self._emptying = index, applications, emptying
        self._news = asyncio.Event()

    def wake(self) -> None:
        """Look again: something happened."""
        self._news.set()

    async def run(self) -> None:
        """Delete what is to be deleted, for as long as the process lives."""
        while True:
            await self._news.wait()
            self._news.clear()
            if not await self.go_on():
                await asyncio.sleep(_PAUSE_SECONDS)
                self.wake()

    async def go_on(self) -> bool:
        """Do the next thing for every application that is being deleted.

        Give whether each could be looked at: one that could not keeps no other one.
        """
        return all([await self._could(application) for application in self._index.leaving()])

    async def _could(self, application: Application) -> bool:
        try:
            return await alone(self._delete(application), "a deletion failed; it is tried again")
        except Unavailable as outage:
            get_logger().warning("a deletion waits", reason=str(outage))
            return False

    async def _delete(self, application: Application) -> None:
        empty = [
            await self._emptying.empty(
                one, known.name, occasion="deletion", turn=application.deletions
            )
            for one, known in application.environments.items()
        ]
        if all(empty):
            await self._conclude(application)

    async def _conclude(self, application: Application) -> None:
        command = ConcludeDeletion(application_id=application.created.application_id)
        asked = own(command, command.application_id, application.deletions, "deleted")
        await self._applications.answer(command, asked)
