"""When each builder was last heard of: kept in memory, since a restart renews every lease."""

from collections.abc import Container
from datetime import datetime

from services.chassis.clock import Clock
from trellis_contracts.names import RunId


class Leases:
    """The last sign of life of each run that a builder has taken."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._heard: dict[RunId, datetime] = {}

    def renew(self, run_id: RunId) -> None:
        """Note that the run's builder is alive."""
        self._heard[run_id] = self._clock()

    def heard_at(self, run_id: RunId) -> datetime:
        """Give the last sign of life; a run that is asked for the first time begins now."""
        return self._heard.setdefault(run_id, self._clock())

    def keep(self, runs: Container[RunId]) -> None:
        """Forget every run but these."""
        self._heard = {run: heard for run, heard in self._heard.items() if run in runs}
