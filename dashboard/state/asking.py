"""What a person asks of an environment: looked at first, then confirmed, then decided.

The dialog says at once what Trellis would refuse: it asks with `dry_run` when it opens, where that
can be tried.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from uuid import UUID

import reflex as rx
from reflex.event import EventSpec

from dashboard.errors import Declined, SignedOut, Trouble
from dashboard.rooms import rooms
from dashboard.shown.of_applications import question_of_application
from dashboard.shown.of_deployments import question_about
from dashboard.shown.of_environments import question_of
from dashboard.shown.question import Question, Request, Scene
from dashboard.state.board import read_board
from dashboard.state.here import Here, argument, to_sign_in, visitor_of
from dashboard.typed import commit_or_branch
from dashboard.visitors import Visitor
from trellis_contracts.names import new_id
from trellis_contracts.views import ApplicationView, EnvironmentView


class Asking(Here):
    """The dialog over a page."""

    open: bool = False
    question: Question = Question()
    refusal: str = ""
    opening: str = ""
    """Of the dialog: another one for each time that it opens."""
    foresees: bool = False
    """What would change can be looked at before."""

    _method: str = ""
    _path: str = ""
    _leads_to: str = ""
    _key: str = ""
    """Of the command: whoever presses twice, or again after a pause, asks once."""
    _body: dict[str, object] | None = None
    _tried: dict[str, object] | None = None

    @rx.event
    async def ask(self, kind: str, environment: str) -> EventSpec | None:
        """Open the dialog for what is to happen to an environment of this page's application."""

        async def about(who: Visitor) -> None:
            name = argument(self, "application")
            application, histories = await read_board(rooms().client, who, name)
            at = _named(application, environment)
            scene = Scene(application, at, histories[at.environment_id])
            await _open(self, question_of(kind, scene), _address(application, at))

        return await _opened(self, about)

    @rx.event
    async def ask_about(self, kind: str, environment: str, number: int) -> EventSpec | None:
        """Open the dialog for what is to happen to one deployment."""

        async def about(who: Visitor) -> None:
            client = rooms().client
            application = await client.application(who, argument(self, "application"))
            at = _named(application, environment)
            for view in await client.deployments(who, at.environment_id, number=number):
                await _open(self, question_about(kind, at, view), _address(application, at))

        return await _opened(self, about)

    @rx.event
    async def ask_of_application(self, kind: str) -> EventSpec | None:
        """Open the dialog for what is to happen to this page's application."""

        async def about(who: Visitor) -> None:
            application = await rooms().client.application(who, argument(self, "application"))
            address = f"/applications/{application.application_id}"
            await _open(self, question_of_application(kind, application), address)

        return await _opened(self, about)

    @rx.event
    async def confirm(self, typed: dict[str, Any]) -> EventSpec | list[EventSpec] | None:
        """Have it decided, as the dialog says; a refusal is said in the dialog."""
        if not self._key:
            return None
        try:
            body = _told(self._body, self.question, typed)
            await rooms().client.decide(
                visitor_of(self), self._method, self._path, body=body, key=UUID(self._key)
            )
        except SignedOut:
            return to_sign_in()
        except Declined as declined:
            self.refusal, self._key = str(declined), str(new_id())
            return None
        except Trouble as trouble:
            self.refusal = str(trouble)
            return None
        self.open = False
        done = rx.toast.success(f"{self.question.button}: accepted")
        return [done, rx.redirect(self._leads_to)] if self._leads_to else done

    @rx.event
    def change_open(self, is_open: bool) -> None:  # noqa: FBT001  # Radix's event has this argument
        """Close the dialog, or leave it open."""
        self.open = is_open


async def _opened(page: Asking, about: Callable[[Visitor], Awaitable[None]]) -> EventSpec | None:
    """Open the dialog on what `about` finds; what keeps it from that is said over the page."""
    try:
        await about(visitor_of(page))
    except SignedOut:
        return to_sign_in()
    except Trouble as trouble:
        return rx.toast.error(str(trouble))
    return None


async def _open(dialog: Asking, asked: Request, address: str) -> None:
    """Show a question, and at once what Trellis would refuse of it."""
    path, body = f"{address}/{asked.path}", asked.body
    kept = {
        "_method": asked.method,
        "_path": path,
        "_leads_to": asked.leads_to,
        "_key": str(new_id()),
        "_body": None if body is None else dict(body),
        "_tried": None if asked.tried is None else dict(asked.tried),
        "opening": str(new_id()),
        "foresees": asked.foresees,
    }
    for name, value in kept.items():
        setattr(dialog, name, value)
    dialog.question, dialog.open, dialog.refusal = asked.question, True, ""
    if not asked.tries:
        return
    try:
        await rooms().client.decide(
            visitor_of(dialog), asked.method, path, body=asked.tried, dry_run=True
        )
    except Declined as declined:
        dialog.refusal = str(declined)


def _named(application: ApplicationView, environment: str) -> EnvironmentView:
    found = next((one for one in application.environments if one.name == environment), None)
    if found is None:
        raise Declined(f"{application.name} has no environment {environment}.")
    return found


def _address(application: ApplicationView, at: EnvironmentView) -> str:
    return f"/applications/{application.application_id}/environments/{at.environment_id}"


def _told(
    body: Mapping[str, object] | None, question: Question, typed: Mapping[str, Any]
) -> dict[str, object] | None:
    """Give the body with what the person typed or chose."""
    if question.needs_name:
        return {"confirm": str(typed.get("name", "")).strip()}
    if question.wants_reason:
        return {"reason": str(typed.get("reason", "")).strip()}
    if question.choices:
        return {"deployment_id": str(typed.get("choice", "")) or None}
    if question.wants_commit:
        return commit_or_branch(str(typed.get("commit", "")).strip())
    return None if body is None else dict(body)
