"""The reactor that gives runs to builders: what is to be offered follows from state alone.

So neither a restart nor a lost bus needs a checkpoint: whatever holds an environment and was
taken by no builder is offered (again). An offer too many starts nothing, since a run is taken
once.
"""

import asyncio
from collections.abc import Awaitable, Callable

from services.chassis.bus.errors import BusError
from services.chassis.logging import get_logger
from services.chassis.unavailable import Unavailable
from services.orchestrator.adapters.routing import Index, Underway
from services.orchestrator.adapters.work import WorkQueue
from services.orchestrator.domain.slot import Environment
from services.orchestrator.domain.starting import start_run
from trellis_contracts.codec import UnreadableMessage
from trellis_contracts.names import EnvironmentId, RunId
from trellis_contracts.previewing import PreviewRequested
from trellis_contracts.trials import TrialRequested

_PAUSE_SECONDS = 1.0


class Dispatcher:
    """Offers each run once in the life of the process, and again when the bus was away."""

    def __init__(
        self,
        index: Index,
        work: WorkQueue,
        state: Callable[[EnvironmentId], Awaitable[Environment]],
    ) -> None:
        """Takes how to load an environment, besides what tells where to look."""
        self._index, self._work, self._state = index, work, state
        self._offered: set[RunId] = set()
        self._cancelled: set[RunId] = set()
        self._news = asyncio.Event()

    def wake(self) -> None:
        """Look again: something happened."""
        self._news.set()

    async def offer_again(self) -> None:
        """Offer everything anew: the bus may have lost what it had."""
        self._offered.clear()
        self.wake()

    async def run(self) -> None:
        """Offer what there is, for as long as the process lives."""
        while True:
            await self._news.wait()
            self._news.clear()
            try:
                await self.dispatch()
            except (Unavailable, BusError) as outage:
                get_logger().warning("runs wait for the bus", reason=str(outage))
                await asyncio.sleep(_PAUSE_SECONDS)
                self.wake()

    async def dispatch(self) -> None:
        """Offer every run that no builder has taken, and every preview and trial not ended yet.

        Tells every run that is to end.

        Raises:
            Unavailable, BusError: what was not offered yet is offered by the next call.
        """
        underway = dict(self._index.underway)
        apart: dict[RunId, PreviewRequested | TrialRequested] = {}
        apart.update((preview.run_id, preview) for preview in self._index.previews.values())
        apart.update((trial.run_id, trial) for trial in self._index.trials())
        current = {found.run.run_id for found in underway.values()} | apart.keys()
        self._offered &= current
        self._cancelled &= current
        for environment_id, found in underway.items():
            if not found.taken and found.run.run_id not in self._offered:
                await self._offer(environment_id, found)
            if found.cancelling and found.run.run_id not in self._cancelled:
                await self._work.cancel(found.run.run_id)
                self._cancelled.add(found.run.run_id)
        for run_id, wanted in apart.items():
            if run_id not in self._offered:
                await self._work.apart(wanted)
                self._offered.add(run_id)

    async def _offer(self, environment_id: EnvironmentId, found: Underway) -> None:
        run_id = found.run.run_id
        try:
            work = start_run(await self._state(environment_id), run_id)
        except UnreadableMessage as newer:
            get_logger().error("run not offered", run=str(run_id), reason=str(newer))
        else:
            if work is not None:
                await self._work.start(work)
                get_logger().info("run offered", run=str(run_id), attempt=work.attempt)
        self._offered.add(run_id)
