"""What the pages of settings share: a form is sent, and accepted or refused where it stands."""

from collections.abc import Awaitable, Callable, Mapping

import reflex as rx
from reflex.event import EventSpec

from dashboard.client import Decision
from dashboard.errors import NotThere, SignedOut, Trouble
from dashboard.rooms import rooms
from dashboard.state.here import Here, argument, to_sign_in, visitor_of
from dashboard.visitors import Visitor
from trellis_contracts.views import ApplicationView, EnvironmentView

Found = tuple[ApplicationView, EnvironmentView]


class Changing(Here):
    """A page with forms. `refusal` belongs beside the form that is `refused`."""

    refusal: str = ""
    refused: str = ""
    version: int = 0
    """Grows when something was accepted: the forms are emptied."""


def forget(page: Changing) -> None:
    """Begin with nothing refused."""
    page.refusal = page.refused = ""


async def changed(
    page: Changing, form: str, change: Callable[[Visitor], Awaitable[EventSpec | str]]
) -> EventSpec | None:
    """Have a change decided and say so, as `change` words it, or go where it leads.

    What it raises is said beside the form.
    """
    try:
        said = await change(visitor_of(page))
    except SignedOut:
        return to_sign_in()
    except Trouble as trouble:
        page.refusal, page.refused = str(trouble), form
        return None
    forget(page)
    page.version += 1
    return rx.toast.success(said) if isinstance(said, str) else said


async def decide_here(
    page: Changing, who: Visitor, method: str, *, path: str, body: Mapping[str, object] | None
) -> Decision:
    """Have a command about this page's environment decided; `path` is below the environment's."""
    application, environment = await found(who, place(page))
    whole = f"/applications/{application.application_id}/environments/{environment.environment_id}"
    return await rooms().client.decide(who, method, f"{whole}/{path}", body=body)


def place(page: rx.State) -> tuple[str, str]:
    """Give the application and the environment that the address names."""
    return argument(page, "application"), argument(page, "environment")


async def found(who: Visitor, at: tuple[str, str]) -> Found:
    """Read the environment at a place, with its application. Raises NotThere too."""
    application = await rooms().client.application(who, at[0])
    for environment in application.environments:
        if environment.name == at[1]:
            return application, environment
    raise NotThere(f"{at[0]} has no environment {at[1]}.")
