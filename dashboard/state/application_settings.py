"""An application's settings: where it is from, its environments, its pull requests, its name."""

from collections.abc import AsyncGenerator, Mapping
from typing import Any, Final

import reflex as rx
from reflex.event import EventSpec

from dashboard.client import Decision
from dashboard.errors import Declined
from dashboard.rooms import rooms
from dashboard.shown.application_settings import ApplicationShown, application_settings
from dashboard.shown.board import lasting
from dashboard.shown.words import pages_of
from dashboard.state.changing import Changing, changed, forget
from dashboard.state.here import argument, follow, put
from dashboard.typed import lines, text, wanted_environment, wanted_following
from dashboard.visitors import Visitor
from trellis_contracts.views import ApplicationView

_STEPS: Final = (-1, 1)


class ApplicationSettings(Changing):
    """The page of one application's settings."""

    shown: ApplicationShown = ApplicationShown()

    @rx.event(background=True)
    async def watch(self) -> AsyncGenerator[EventSpec]:
        """Keep the page as things are."""
        async with self:
            self.shown = ApplicationShown()
            forget(self)
            name = argument(self, "application")

        async def read(who: Visitor) -> ApplicationView:
            return await rooms().client.application(who, name)

        def show(found: ApplicationView) -> None:
            put(self, "shown", application_settings(found))

        async for leaving in follow(self, read, show):
            yield leaving

    @rx.event
    async def rename(self, typed: dict[str, Any]) -> EventSpec | None:
        """Give the application another name, and go where it is then."""

        async def change(who: Visitor) -> EventSpec:
            name, application = text(typed, "name") or "", await _here(self, who)
            decision = await _decide(who, application, "PUT", path="name", body={"name": name})
            id_ = str(application.application_id)
            await rooms().client.application(who, id_, after=decision.position)
            return rx.redirect(f"{pages_of(name)}/settings")

        return await changed(self, "name", change)

    @rx.event
    async def save_source(self, typed: dict[str, Any]) -> EventSpec | None:
        """Clone it from elsewhere, or say that it lies in another folder."""

        async def change(who: Visitor) -> str:
            application, folder = await _here(self, who), text(typed, "folder") or ""
            repository = text(typed, "repository") or ""
            if repository == application.repository:
                await _decide(who, application, "PUT", path="folder", body={"folder": folder})
                return "Folder saved"
            body = {"repository": repository, "folder": folder}
            await _decide(who, application, "PUT", path="repository", body=body)
            return "Repository saved: enter the hook there too, the same URL and secret"

        return await changed(self, "source", change)

    @rx.event
    async def save_watches(self, typed: dict[str, Any]) -> EventSpec | None:
        """Say which paths a push must change to be deployed."""

        async def change(who: Visitor) -> str:
            body = {"paths": lines(typed, "paths")}
            await _decide(who, await _here(self, who), "PUT", path="watches", body=body)
            return "Paths saved"

        return await changed(self, "watches", change)

    @rx.event
    async def add_environment(self, typed: dict[str, Any]) -> EventSpec | None:
        """Give the application one more environment."""

        async def change(who: Visitor) -> str:
            body = wanted_environment(typed)
            await _decide(who, await _here(self, who), "POST", path="environments", body=body)
            return f"{body['name']} is added"

        return await changed(self, "environments", change)

    @rx.event
    async def move(self, environment: str, step: int) -> EventSpec | None:
        """Let an environment change places with its neighbour in the order of promotion."""

        async def change(who: Visitor) -> str:
            application = await _here(self, who)
            body = {"environments": moved(application, environment, step=step)}
            await _decide(who, application, "PUT", path="environments/order", body=body)
            return "The order is changed"

        return await changed(self, "environments", change)

    @rx.event
    async def follow_pulls(self, typed: dict[str, Any]) -> EventSpec | None:
        """Give each pull request an environment from now on."""

        async def change(who: Visitor) -> str:
            body = wanted_following(typed)
            await _decide(who, await _here(self, who), "PUT", path="pull-requests", body=body)
            return "Pull requests get environments"

        return await changed(self, "pulls", change)


async def _here(page: rx.State, who: Visitor) -> ApplicationView:
    return await rooms().client.application(who, argument(page, "application"))


async def _decide(
    who: Visitor,
    application: ApplicationView,
    method: str,
    *,
    path: str,
    body: Mapping[str, object],
) -> Decision:
    whole = f"/applications/{application.application_id}/{path}"
    return await rooms().client.decide(who, method, whole, body=body)


def moved(application: ApplicationView, environment: str, *, step: int) -> list[str]:
    """Give the order in which this environment has changed places with the one beside it.

    Raises:
        Declined: there is no such environment, or nothing beside it there.
    """
    order = [str(one.environment_id) for one in lasting(application)]
    if environment not in order or step not in _STEPS:
        raise Declined("There is no such environment.")
    at = order.index(environment)
    if not 0 <= at + step < len(order):
        raise Declined("It has no neighbour on that side.")
    order[at], order[at + step] = order[at + step], order[at]
    return order
