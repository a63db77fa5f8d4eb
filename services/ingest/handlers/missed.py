"""Deliveries that did not get through: GitHub is asked, at an interval, to send them again.

It sends none twice by itself. What it sends again comes in by the door, as any delivery does, and
is recognised when it had been taken after all.
"""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta

from services.chassis.clock import Clock
from services.chassis.logging import get_logger
from services.chassis.unavailable import Unavailable
from services.ingest.adapters.github_api import ApiLimited, ApiRefused, ApiTrouble, GitHubApi
from services.ingest.adapters.hooks import Hook, Hooks
from services.ingest.domain.redelivery import OLDEST, Attempt, to_send_again
from trellis_contracts.names import RepositoryName

_LOOK_AT_THE_CLOCK_SECONDS = 1.0
_LONGEST = timedelta(hours=1)

Ready = Callable[[], Awaitable[None]]
"""Raises Unavailable while a delivery would not be kept."""


class DeliveriesUnseen(Exception):
    """What ails the look at recent deliveries, for whoever asks after ingest's health."""


class Missed:
    """Looks at the recent deliveries of every hook; what it knows is lost with the process."""

    def __init__(
        self, hooks: Hooks, api: GitHubApi, *, ready: Ready, clock: Clock, every: timedelta
    ) -> None:
        """Takes who knows the hooks, whom to ask, and how often."""
        self._hooks, self._api, self._ready = hooks, api, ready
        self._clock, self._every = clock, every
        self._due = clock()
        self._failures = 0
        self._trouble: str | None = None
        self._refused: dict[RepositoryName, datetime] = {}
        self._said: set[str] = set()
        self._asked: defaultdict[str, list[datetime]] = defaultdict(list)

    async def run(self) -> None:
        """Look for as long as the process lives."""
        while True:
            try:
                await self.tick()
            except Unavailable as outage:
                get_logger().warning("recent deliveries wait", reason=str(outage))
            except Exception:  # noqa: BLE001 - time goes on, and the next look may go well
                get_logger().exception("a look at recent deliveries failed")
            await asyncio.sleep(_LOOK_AT_THE_CLOCK_SECONDS)

    async def close(self) -> None:
        """Let go of the connections; after `run` has ended."""
        await self._api.close()

    async def well(self) -> None:
        """The health check.

        Raises:
            DeliveriesUnseen: with what to do.
        """
        if self._trouble:
            raise DeliveriesUnseen(self._trouble)

    async def tick(self) -> None:
        """Look at every hook if it is time to.

        Raises:
            Unavailable: what was sent again now would not be kept.
        """
        now = self._clock()
        if now < self._due:
            return
        self._due = now + self._every
        await self._ready()
        try:
            await self._look(now)
        except ApiTrouble as trouble:
            self._back_off(trouble, now)
        else:
            self._failures = 0

    async def _look(self, now: datetime) -> None:
        for guid in [guid for guid, times in self._asked.items() if times[-1] < now - OLDEST]:
            del self._asked[guid]
        by_repository: defaultdict[RepositoryName, list[Hook]] = defaultdict(list)
        for hook in await self._hooks.every():
            by_repository[hook.repository].append(hook)
        for repository in self._refused.keys() - by_repository.keys():
            del self._refused[repository]
        for repository, hooks in by_repository.items():
            if now >= self._refused.get(repository, now):
                await self._repository(repository, hooks, now=now)
        self._note_who_is_refused(len(by_repository))

    async def _repository(
        self, repository: RepositoryName, hooks: Sequence[Hook], *, now: datetime
    ) -> None:
        try:
            known = await self._api.hooks(repository)
            ours = [one.id for one in known if any(one.leads_to(hook.id) for hook in hooks)]
            for hook in ours:
                attempts = await self._api.attempts(repository, hook, since=now - OLDEST)
                due = to_send_again(attempts, now=now, asked=self._asked)
                await self._send(repository, hook, due=due)
        except ApiRefused as refused:
            self._refused[repository] = now + _LONGEST
            self._say_once("recent deliveries not shown", repository, str(refused))
            return
        self._refused.pop(repository, None)
        if not ours:
            self._say_once("no hook leads here", repository, "GitHub lists none with our URL")

    async def _send(self, repository: RepositoryName, hook: int, *, due: Sequence[Attempt]) -> None:
        for attempt in due:
            self._asked[attempt.guid].append(self._clock())
            seen = {"repository": repository, "delivery": attempt.guid}
            try:
                await self._api.send_again(repository, hook, attempt=attempt.id)
            except ApiRefused as refused:
                get_logger().warning("delivery not sent again", **seen, reason=str(refused))
            else:
                status = attempt.status_code
                get_logger().info("delivery is sent again", **seen, status=status)

    def _note_who_is_refused(self, repositories: int) -> None:
        """One that is refused may lie elsewhere; when all are, it is the token."""
        if repositories and len(self._refused) == repositories:
            names = ", ".join(sorted(self._refused))
            self._trouble = (
                f"GitHub shows the token no hooks of {names}: see that it may read and write "
                "webhooks there, and that TRELLIS_GITHUB_API is where they lie."
            )
        else:
            self._trouble = None
            self._said -= {said for said in self._said if said.startswith("trouble")}

    def _back_off(self, trouble: ApiTrouble, now: datetime) -> None:
        """Wait twice as long after each failure, or until the limit is over: an hour at most."""
        self._failures += 1
        until = now + self._every * 2 ** min(self._failures, 10)
        if isinstance(trouble, ApiLimited):
            until = max(trouble.until, now + self._every)
        self._due = min(until, now + max(_LONGEST, self._every))
        self._trouble = str(trouble)
        self._say_once("recent deliveries not seen", "trouble", str(trouble))

    def _say_once(self, event: str, about: str, reason: str) -> None:
        key = f"{about}\0{event}\0{reason}"
        if key not in self._said:
            self._said.add(key)
            get_logger().warning(event, about=about, reason=reason)
