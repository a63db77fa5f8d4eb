"""Where every service gets the time from, so that a test can give it another one."""

from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Tells the time: always aware, always UTC."""

    def __call__(self) -> datetime:
        """The present moment."""
        ...


def system_clock() -> datetime:
    """The machine's time in UTC."""
    return datetime.now(UTC)
