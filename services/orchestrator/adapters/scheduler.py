"""The passing of time: leases and deadlines that ran out, and branches that want looking at.

One loop, and only in the process that may write; what it asks for has deterministic ids.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta

from services.chassis.clock import Clock
from services.chassis.logging import get_logger
from services.chassis.unavailable import Unavailable
from services.orchestrator.adapters.alone import alone
from services.orchestrator.adapters.leases import Leases
from services.orchestrator.adapters.questions import Questions
from services.orchestrator.adapters.routing import Index, Underway
from services.orchestrator.domain.own import own
from trellis_contracts.asking import Accepted, Asked, Refused
from trellis_contracts.deployments import ExpireRun
from trellis_contracts.gating import ReviewQueue
from trellis_contracts.names import EnvironmentId, derived_id
from trellis_contracts.runs import PUT_BACK_SECONDS

TICK_SECONDS = 1.0

_GOES_ON = "what is due failed; the rest goes on"

Ask = Callable[[ExpireRun, Asked], Awaitable[Accepted | Refused]]
Review = Callable[[ReviewQueue, Asked], Awaitable[None]]
Tick = Callable[[], Awaitable[None]]


class Scheduler:
    """Looks at the clock once a second."""

    def __init__(
        self,
        index: Index,
        leases: Leases,
        questions: Questions,
        *,
        ask: Ask,
        review: Review,
        others: Sequence[Tick],
        clock: Clock,
        lease: timedelta,
    ) -> None:
        """Takes, besides what it does itself, what `others` do on every tick."""
        self._index, self._leases, self._questions = index, leases, questions
        self._ask, self._review = ask, review
        self._others, self._clock, self._lease = others, clock, lease

    async def run(self) -> None:
        """Tick for as long as the process lives."""
        while True:
            try:
                await self.tick()
            except Unavailable as outage:
                get_logger().warning("what is due waits", reason=str(outage))
            except Exception:  # noqa: BLE001 - time goes on; what failed is due again
                get_logger().exception("a tick failed; the next one tries again")
            await asyncio.sleep(TICK_SECONDS)

    async def tick(self) -> None:
        """Do whatever is due now.

        Raises:
            Unavailable: the rest is done by the next tick.
        """
        now = self._clock()
        underway = dict(self._index.underway)
        self._leases.keep({found.run.run_id for found in underway.values()})
        for environment_id, found in underway.items():
            expiring = self._expire(environment_id, found, now)
            await alone(expiring, _GOES_ON, environment=environment_id)
        for environment_id in tuple(self._index.waiting):
            review = ReviewQueue(environment_id=environment_id)
            asked = own(review, environment_id, "review", now.isoformat())
            await alone(self._review(review, asked), _GOES_ON, environment=environment_id)
        await self._reconcile(now)
        for other in self._others:
            await alone(other(), _GOES_ON)

    async def _reconcile(self, now: datetime) -> None:
        """Ask where branches stand: a webhook that never came is caught up with."""
        for application, branch in self._index.followed():
            application_id = application.created.application_id
            heard = self._index.is_heard(application.created.hook)
            if self._questions.is_due(application_id, branch, heard=heard):
                id_ = derived_id(application_id, branch, now.isoformat())
                asking = self._questions.ask(application, branch, id_)
                await alone(asking, _GOES_ON, application=application_id, branch=branch)

    async def _expire(self, environment_id: EnvironmentId, found: Underway, now: datetime) -> None:
        run_id = found.run.run_id
        silent = found.taken and now > self._leases.heard_at(run_id) + self._lease
        grace = timedelta(seconds=PUT_BACK_SECONDS if found.taken else 0)
        if not silent and now < found.run.deadline + grace:
            return
        command = ExpireRun(environment_id=environment_id, run_id=run_id, silent=silent)
        get_logger().warning("run expired", run=str(run_id), silent=silent)
        await self._ask(command, own(command, run_id, "silent" if silent else "deadline"))
