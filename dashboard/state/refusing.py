"""Refuses every event of a visitor whom ingest does not know now, whatever the event is.

Any client of the websocket can send any event that is registered, with any arguments, and choose
the token that names its state. So each event is asked about, and a state belongs to one person.
"""

from typing import Final

import reflex as rx
from reflex.event import EventSpec
from reflex.state import BaseState, StateUpdate
from reflex_base.event import Event
from typing_extensions import override

from dashboard.errors import Away, SignedOut
from dashboard.rooms import rooms
from dashboard.state.here import Here, to_sign_in, welcome
from dashboard.visitors import Person, Visitor

_HEADERS: Final = "headers"


class RefuseStrangers(rx.Middleware):
    """Comes before every event, also those of the background and Reflex's own."""

    @override
    async def preprocess(self, app: rx.App, state: BaseState, event: Event) -> StateUpdate | None:
        """Let the event pass, or answer with what the visitor is to do instead."""
        root = state._get_root_state()  # noqa: SLF001  # Reflex has no other way to it
        visitor = Visitor.of(root.router_data.get(_HEADERS, {}))
        try:
            person = await rooms().client.person(visitor, fresh=True)
        except SignedOut:
            root.reset()
            return _instead(to_sign_in())
        except Away as away:
            return _instead(rx.toast.error(str(away), description="Nothing was done. Try again."))
        await _belong(root, person)
        return None


async def _belong(root: BaseState, person: Person) -> None:
    """A state that was another person's holds nothing of theirs any more."""
    here = await root.get_state(Here)
    if here._owner not in ("", person.actor):  # noqa: SLF001  # kept from browsers by its name
        root.reset()
    welcome(here, person)


def _instead(spec: EventSpec) -> StateUpdate:
    return StateUpdate(events=Event.from_event_type(spec))
