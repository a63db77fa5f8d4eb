"""Which deliveries are to be sent again, by the forge's own list of its attempts; pure in time.

Shapes: https://docs.github.com/en/rest/repos/webhooks. A delivery keeps its GUID through all its
attempts, each of which has an id of its own.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

from pydantic import AwareDatetime, Field

from services.ingest.domain.payloads import Payload
from trellis_contracts.names import HookId

OLDEST: Final = timedelta(days=3)
"""GitHub sends nothing again that is older."""

PAUSES: Final = (
    timedelta(0),
    timedelta(minutes=15),
    timedelta(hours=1),
    timedelta(hours=6),
    timedelta(hours=24),
)
"""How long after each attempt the next is asked for; after the last of them none is."""


class HookConfig(Payload):
    """Where a hook sends its deliveries."""

    url: str = ""


class ForgeHook(Payload):
    """A hook as the forge lists it."""

    id: int = Field(ge=0)
    config: HookConfig = HookConfig()

    def leads_to(self, hook: HookId) -> bool:
        """Say whether its deliveries are for this hook of Trellis, under whichever address."""
        try:
            path = urlsplit(self.config.url).path
        except ValueError:
            return False
        return path.endswith(f"/webhooks/github/{hook}")


class Attempt(Payload):
    """One attempt to deliver; a status of 0 is that nobody answered in time."""

    id: int = Field(ge=0)
    guid: str = Field(max_length=64)
    delivered_at: AwareDatetime
    status_code: int

    @property
    def got_through(self) -> bool:
        """Whether it was taken."""
        return 200 <= self.status_code < 300  # noqa: PLR2004 - HTTP's own


Asked = Mapping[str, Sequence[datetime]]
"""When each GUID was asked for: the forge may not list that attempt yet."""


def to_send_again(
    attempts: Iterable[Attempt], *, now: datetime, asked: Asked
) -> tuple[Attempt, ...]:
    """Give one attempt of each delivery that is due to be sent again, the oldest delivery first."""
    by_guid: defaultdict[str, list[Attempt]] = defaultdict(list)
    for attempt in sorted(attempts, key=lambda one: one.delivered_at):
        by_guid[attempt.guid].append(attempt)
    return tuple(
        tried[-1]
        for guid, tried in by_guid.items()
        if _is_due(tried, now=now, asked=asked.get(guid, ()))
    )


def _is_due(tried: Sequence[Attempt], *, now: datetime, asked: Sequence[datetime]) -> bool:
    if any(one.got_through for one in tried) or tried[0].delivered_at < now - OLDEST:
        return False
    times = max(len(tried), 1 + len(asked))
    last = max((tried[-1].delivered_at, *asked[-1:]))
    return times <= len(PAUSES) and now >= last + PAUSES[times - 1]
