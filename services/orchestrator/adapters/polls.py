"""Which branches to ask the remote about, and when: while no webhook of an application arrived."""

from datetime import datetime, timedelta

from trellis_contracts.names import ApplicationId, BranchName

PATIENCE = 10
"""Intervals without an answer after which the question is taken for lost and asked again."""


class Polls:
    """When each branch was asked about, and whether it was answered; a restart asks at once."""

    def __init__(self, interval: timedelta) -> None:
        self._interval = interval
        self._asked: dict[tuple[ApplicationId, BranchName], datetime] = {}
        self._open: set[tuple[ApplicationId, BranchName]] = set()

    def is_due(self, application_id: ApplicationId, branch: BranchName, now: datetime) -> bool:
        """Say whether it is time to ask; a question that was not answered waits for longer."""
        key = application_id, branch
        if key not in self._asked:
            return True
        pause = self._interval * (PATIENCE if key in self._open else 1)
        return now >= self._asked[key] + pause

    def asked(self, application_id: ApplicationId, branch: BranchName, now: datetime) -> None:
        """Note that the remote was asked."""
        self._asked[application_id, branch] = now
        self._open.add((application_id, branch))

    def answered(self, application_id: ApplicationId, branch: BranchName) -> None:
        """Note that the remote has answered, whatever it said."""
        self._open.discard((application_id, branch))
