"""One deployment, live."""

from collections.abc import AsyncGenerator
from datetime import UTC, datetime

import reflex as rx
from reflex.event import EventSpec

from dashboard.client import Client
from dashboard.errors import NotThere
from dashboard.rooms import rooms
from dashboard.shown.deployment import Deployment, deployment
from dashboard.state.here import Here, argument, follow, put
from dashboard.visitors import Visitor


class OneDeployment(Here):
    """The page of one deployment."""

    shown: Deployment = Deployment()

    @rx.event(background=True)
    async def watch(self) -> AsyncGenerator[EventSpec]:
        """Keep the page as things are."""
        async with self:
            put(self, "shown", Deployment())
            at = (argument(self, "application"), argument(self, "environment"))
            number = _number(argument(self, "number"))

        async def read(who: Visitor) -> Deployment:
            return await read_deployment(rooms().client, who, at, number=number)

        def show(found: Deployment) -> None:
            put(self, "shown", found)

        async for leaving in follow(self, read, show):
            yield leaving


async def read_deployment(
    client: Client, who: Visitor, at: tuple[str, str], *, number: int
) -> Deployment:
    """Read the deployment with a number. Raises NotThere too."""
    application = await client.application(who, at[0])
    environment = next((one for one in application.environments if one.name == at[1]), None)
    if environment is None:
        raise NotThere(f"{at[0]} has no environment {at[1]}.")
    found = await client.deployments(who, environment.environment_id, number=number)
    if not found:
        raise NotThere(f"{at[0]} {at[1]} has no deployment #{number}.")
    view = found[0]
    preview = None if view.started_at else await client.preview_of(who, view)
    return deployment(view, application.repository, now=datetime.now(UTC), preview=preview)


def _number(given: str) -> int:
    return int(given) if given.isascii() and given.isdigit() and len(given) < 10 else 1 << 30  # noqa: PLR2004  # no number has so many digits
