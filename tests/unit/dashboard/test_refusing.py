"""No event of anybody without a living session does anything, whichever it is."""

import pytest
import reflex as rx
from reflex_base.event import Event
from reflex_base.registry import RegistrationContext

from dashboard.site import app
from dashboard.state.asking import Asking
from dashboard.state.creating import Creating
from dashboard.state.here import Here
from dashboard.state.refusing import RefuseStrangers
from tests.support.dashboard import Services, signed_in, state, tab
from trellis_contracts.rights import Role

EVENTS = sorted(RegistrationContext.get().event_handlers)
OURS = [name for name in EVENTS if "dashboard___state" in name]


async def sent(root: rx.State, name: str) -> list[str]:
    """Send an event; give what the browser is told to do instead, nothing if it passed."""
    for middleware in app._middlewares[:1]:
        update = await middleware.preprocess(app, root, Event(name=name))
        if update is not None:
            assert not update.delta
            return [event.name for event in update.events]
    return []


def test_the_refusal_comes_before_everything_else() -> None:
    assert isinstance(app._middlewares[0], RefuseStrangers)
    assert len(OURS) >= 15


def test_only_what_people_do_is_an_event() -> None:
    """Reflex makes every method of a state an event, unless its name is kept to itself."""
    own = {name.rpartition(".")[2] for name in OURS}

    assert own == {
        "add_environment", "ask", "ask_about", "ask_of_application", "begin", "change_open",
        "choose", "confirm", "create", "follow_pulls", "look", "move", "remove_secret",
        "remove_variable", "rename", "save", "save_builds", "save_rules", "save_source",
        "save_watches", "set_credentials", "set_secret", "set_variable", "setvar", "watch",
    }  # fmt: skip


@pytest.mark.parametrize("name", EVENTS)
@pytest.mark.parametrize("headers", [{}, signed_in("mallory"), {"cookie": "session=made-up"}])
async def test_a_stranger_is_refused_every_event(
    services: Services, name: str, headers: dict[str, str]
) -> None:
    assert await sent(tab(headers), name) != []
    assert services.asked == []


async def test_a_member_passes(services: Services) -> None:
    root = tab()

    assert await sent(root, EVENTS[0]) == []
    assert state(root, Here).name == "ana"
    assert state(root, Here).may_deploy
    assert services.asked == []


async def test_the_next_event_after_signing_out_is_refused(services: Services) -> None:
    root = tab()
    assert await sent(root, EVENTS[0]) == []
    services.members.clear()

    assert await sent(root, EVENTS[0]) != []


async def test_nothing_is_done_while_nobody_can_say_who_it_is(services: Services) -> None:
    services.away.add("ingest")

    assert await sent(tab(), EVENTS[0]) != []


async def test_a_state_that_was_another_persons_holds_nothing_of_theirs(
    services: Services,
) -> None:
    services.members["bob"] = Role.VIEWER
    root = tab()
    await sent(root, EVENTS[0])
    state(root, Creating).hook_secret = "ana's"
    state(root, Asking)._path = "/applications/ana's"
    root.router_data = root._update_router_vars(
        {**root.router_data, "headers": signed_in("bob")}, root.router_data
    )

    assert await sent(root, EVENTS[0]) == []
    assert state(root, Creating).hook_secret == ""
    assert state(root, Asking)._path == ""
    assert state(root, Here).name == "bob"
    assert not state(root, Here).may_deploy
