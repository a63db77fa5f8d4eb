"""A delivery: recorded once, whatever the forge repeats; a push is then routed, once.

The stream `delivery-<guid>` holds it.
"""

from dataclasses import dataclass
from datetime import datetime

from trellis_contracts.message import Message
from trellis_contracts.pull_requests import PullRequestChanged
from trellis_contracts.pushes import (
    CheckCompleted,
    Delivered,
    DeliveryEvent,
    DeliveryIgnored,
    Ignorance,
    PushReceived,
    RepositoryRenamed,
)


@dataclass(frozen=True)
class NotReceived:
    """The delivery is new."""


@dataclass(frozen=True)
class Unrouted:
    """A push that was not offered to every environment yet."""

    push: PushReceived


@dataclass(frozen=True)
class Done:
    """Nothing of the delivery is left to do."""


Delivery = NotReceived | Unrouted | Done
Concerning = PushReceived | CheckCompleted | PullRequestChanged | RepositoryRenamed
"""What is of use to applications alone."""


def evolve(state: Delivery, event: Message, *, at: datetime) -> Delivery:  # noqa: ARG001 - every noun evolves by one signature
    """Give the state after the event."""
    match event, state:
        case PushReceived(), NotReceived():
            return Unrouted(event)
        case _:
            return Done()


def decide(delivered: Delivered, state: Delivery, *, connected: bool) -> list[DeliveryEvent]:
    """Give what to record: nothing of a repeat; `connected` says that some application has it."""
    if not isinstance(state, NotReceived):
        return []
    match delivered:
        case _ if isinstance(delivered, Concerning) and not connected:
            return [_ignored(delivered)]
        case _:
            return [delivered]


def _ignored(delivered: Concerning) -> DeliveryIgnored:
    return DeliveryIgnored(
        delivery=delivered.delivery,
        hook=delivered.hook,
        forge=delivered.forge,
        event=_EVENTS[type(delivered)],
        reason=Ignorance.NO_APPLICATION,
    )


_EVENTS = {
    PushReceived: "push",
    CheckCompleted: "check",
    PullRequestChanged: "pull_request",
    RepositoryRenamed: "repository",
}
"""What an ignored delivery is called; for GitHub's two kinds of checks one name will do."""
