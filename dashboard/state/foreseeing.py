"""What a promotion or a rollback would change: looked at in its dialog, before it is confirmed."""

from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from dataclasses import dataclass

import reflex as rx
from reflex.event import EventSpec

from dashboard.errors import Away, SignedOut, Trouble
from dashboard.rooms import rooms
from dashboard.shown.foreseen import Line, foreseen, lines
from dashboard.state.asking import Asking
from dashboard.state.here import to_sign_in, visitor_of
from dashboard.visitors import Visitor
from trellis_contracts.names import PreviewId, new_id
from trellis_contracts.previewing import PreviewState


class Foreseeing(Asking):
    """The look ahead of the dialog that is open."""

    about: str = ""
    """The dialog that `found` is about; what is known of another one is not shown."""
    looking: bool = False
    found: list[Line] = []

    _chosen: str = ""
    _look: str = ""
    """The newest look: what an earlier one finds is not shown any more."""

    @rx.event
    def choose(self, deployment_id: str) -> None:
        """Look at another deployment to go back to; what was found of the one before is gone."""
        self._chosen = deployment_id
        self.about, self._look, self.looking, self.found = "", "", False, []

    @rx.event(background=True)
    async def look(self) -> AsyncGenerator[EventSpec]:
        """Have it worked out what would change, and show that as soon as it is known."""
        async with self:
            if not self.foresees or (self.looking and self.about == self.opening):
                return
            wanted = _wanted(self)
            self.about, self._look, self.looking, self.found = self.opening, wanted.look, True, []
        try:
            seen = await looked(wanted)
        except SignedOut:
            yield to_sign_in()
            return
        except Trouble as trouble:
            seen = lines((str(trouble),))
        async with self:
            if self._look == wanted.look:
                said = self.question.warning
                self.looking, self.found = False, [one for one in seen if one.said not in said]


@dataclass(frozen=True)
class Wanted:
    """A look ahead that somebody asked for."""

    who: Visitor
    path: str
    body: dict[str, object] | None
    look: str


def _wanted(page: Foreseeing) -> Wanted:
    body = page._tried  # noqa: SLF001  # kept from browsers by its name
    chosen = page._chosen if page.question.choices else ""  # noqa: SLF001  # as above
    if chosen in {one.value for one in page.question.choices}:
        body = {"deployment_id": chosen}
    return Wanted(visitor_of(page), f"{page._path}/preview", body, str(new_id()))  # noqa: SLF001  # as above


async def looked(wanted: Wanted) -> tuple[Line, ...]:
    """Ask for a preview and wait until it is made, or failed.

    Raises:
        SignedOut: they have to sign in first.
        Declined: it is refused, as the deployment would be.
        Away: nobody decides now.
    """
    asked = await rooms().client.decide(wanted.who, "POST", wanted.path, body=wanted.body)
    if asked.subject is None:
        raise Away("orchestrator", "made no preview")
    return await _made(wanted.who, asked.subject)


async def _made(who: Visitor, preview: PreviewId) -> tuple[Line, ...]:
    """Wait for it; views that are away for a moment are asked again."""
    async with aclosing(rooms().hub.beats(who)) as beats:
        async for _ in beats:
            with suppress(Away):
                view = await rooms().client.preview(who, preview)
                if view and view.state is not PreviewState.RUNNING:
                    return foreseen(view)
    return ()
