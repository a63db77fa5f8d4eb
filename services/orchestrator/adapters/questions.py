"""What the remotes were asked about branches, and when: on a timer, or after a push in doubt."""

from collections import defaultdict
from datetime import datetime, timedelta
from uuid import UUID

from services.chassis.clock import Clock
from services.orchestrator.adapters.work import WorkQueue
from services.orchestrator.domain.connected import Application
from trellis_contracts.names import ApplicationId, BranchName

PATIENCE = 10
"""Intervals without an answer after which a question is taken for lost."""


class Questions:
    """The questions that wait for an answer; kept in memory, a restart asks again."""

    def __init__(
        self, work: WorkQueue, clock: Clock, *, unheard: timedelta, heard: timedelta
    ) -> None:
        """Takes how often to ask where no webhook has ever arrived, and where they do."""
        self._work, self._clock = work, clock
        self._interval, self._heard = unheard, heard
        self._last: dict[tuple[ApplicationId, BranchName], datetime] = {}
        self._open: defaultdict[tuple[ApplicationId, BranchName], list[datetime]]
        self._open = defaultdict(list)

    async def ask(self, application: Application, branch: BranchName, id_: UUID) -> None:
        """Have the remote asked where the branch stands. Raises as `Bus.publish`."""
        asked_at = self._clock()
        await self._work.observe(application, branch, id_)
        self.note(application.created.application_id, branch, asked_at)

    def is_due(self, application_id: ApplicationId, branch: BranchName, *, heard: bool) -> bool:
        """Say whether the timer has run out; a question without an answer is waited for longer."""
        key = application_id, branch
        if key not in self._last:
            return True
        pause = self._interval * (PATIENCE if self._open[key] else 1)
        if heard:
            pause = max(pause, self._heard)
        return self._clock() >= self._last[key] + pause

    def note(self, application_id: ApplicationId, branch: BranchName, asked_at: datetime) -> None:
        """Remember that the remote was asked; questions that are lost by now are forgotten."""
        key = application_id, branch
        lost = asked_at - self._interval * PATIENCE
        self._open[key] = [*(at for at in self._open[key] if at > lost), asked_at]
        self._last[key] = asked_at

    def answered(self, application_id: ApplicationId, branch: BranchName) -> datetime | None:
        """Give when the longest waiting question was asked, which is answered by now.

        None when nobody is known to have asked: the process was restarted since.
        """
        waiting = self._open[application_id, branch]
        return waiting.pop(0) if waiting else None
