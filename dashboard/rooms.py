"""What the states of this process reach: Reflex makes them itself, so they ask for it here."""

from dataclasses import dataclass

from dashboard.client import Client
from dashboard.hub import Hub


@dataclass(frozen=True)
class Rooms:
    """Whom the pages ask, and who wakes them."""

    client: Client
    hub: Hub


_furnished: list[Rooms] = []


def furnish(rooms: Rooms) -> None:
    """Give the states of this process what they reach."""
    _furnished[:] = [rooms]


def rooms() -> Rooms:
    """Give what was furnished last.

    Raises:
        LookupError: nothing was.
    """
    if not _furnished:
        raise LookupError("the dashboard's states have nothing to reach: furnish them first")
    return _furnished[0]
