"""Who looks, what they may, and whether what they see is live: what every page begins with."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from datetime import UTC, datetime
from typing import Final, TypeVar

import reflex as rx
from reflex.event import EventSpec

from dashboard.errors import Away, NotThere, SignedOut
from dashboard.rooms import rooms
from dashboard.visitors import Person, Visitor
from trellis_contracts.rights import Right

Found = TypeVar("Found")

_AGAIN_SECONDS: Final = 1.0
_SIGN_IN: Final = (
    "window.location.assign('/sign-in?next=' + "
    "encodeURIComponent(window.location.pathname + window.location.search))"
)


class Here(rx.State):
    """The visitor of this tab. The pages' states are below it, and share what it knows."""

    name: str = ""
    role: str = ""
    may_deploy: bool = False
    may_approve: bool = False
    may_override: bool = False
    may_administer: bool = False
    may_configure: bool = False
    may_create: bool = False
    stale: str = ""
    """Why this page is not live, in a sentence; empty: it is."""
    missing: str = ""
    """That what the address names is not there, in a sentence."""

    _owner: str = ""
    _read_at: str = ""


def welcome(here: Here, person: Person) -> None:
    """Know the person of this tab from now on. No method: clients can call a state's methods."""
    given = {
        "name": person.name,
        "role": person.identity.role.value,
        "may_deploy": person.may(Right.DEPLOY),
        "may_approve": person.may(Right.APPROVE),
        "may_override": person.may(Right.OVERRIDE),
        "may_administer": person.may(Right.ADMINISTER),
        "may_configure": person.may(Right.CONFIGURE),
        "may_create": person.may(Right.CREATE),
    }
    for field, value in given.items():
        put(here, field, value)
    here._owner = person.actor  # noqa: SLF001  # kept from browsers by its name


def note(here: Here, illness: str, *, read: bool) -> None:
    """Know whether this page is live, and of when what it shows is."""
    if read:
        here._read_at = f"{datetime.now(UTC):%H:%M:%S} UTC"  # noqa: SLF001  # as above
    put(here, "stale", staleness(illness, here._read_at) if illness else "")  # noqa: SLF001  # as above


def staleness(illness: str, read_at: str) -> str:
    """Say what a person must know of a page that is not live."""
    said = illness[:1].upper() + illness[1:].rstrip(".")
    since = f" What you see was read at {read_at}." if read_at else ""
    return f"{said}.{since} It goes on by itself when that is mended."


def put(state: rx.State, field: str, /, value: object) -> None:
    """Set a field of a state, if that changes it: what is set is sent, changed or not."""
    if getattr(state, field) != value:
        setattr(state, field, value)


def visitor_of(state: rx.State) -> Visitor:
    """Give what the browser sent when this tab connected."""
    return Visitor.of(dict(state.router.headers.raw_headers))


def argument(state: rx.State, name: str) -> str:
    """Give a part of the page's address."""
    return str(state.router.page.params.get(name, ""))


def to_sign_in() -> EventSpec:
    """Leave for the page that signs in, and come back here afterwards."""
    return rx.call_script(_SIGN_IN)


async def follow(
    page: "Here",
    read: Callable[[Visitor], Awaitable[Found]],
    show: Callable[[Found], None],
) -> AsyncGenerator[EventSpec]:
    """Keep a page as things are, until it is left; yields the way out when they sign out.

    Give it a background event's own state: it is locked for as long as it takes to `show`.
    """
    async with page:
        visitor = visitor_of(page)
    async with aclosing(rooms().hub.beats(visitor)) as beats:
        async for illness in beats:
            try:
                found, away = await _read(visitor, read), illness
            except SignedOut:
                yield to_sign_in()
                return
            except NotThere as missing:
                async with page:
                    put(page, "missing", str(missing))
                continue
            except Away as trouble:
                async with page:
                    note(page, str(trouble), read=False)
                continue
            async with page:
                put(page, "missing", "")
                note(page, away, read=not away)
                show(found)


async def _read(visitor: Visitor, read: Callable[[Visitor], Awaitable[Found]]) -> Found:
    await rooms().client.person(visitor)
    return await read(visitor)
