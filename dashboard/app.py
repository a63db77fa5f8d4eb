"""Puts the dashboard together: Reflex's app behind the gate, and the health of the process."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.routing import Mount

from dashboard import export
from dashboard.client import Client
from dashboard.config import prepare_serving
from dashboard.export import ExportMissing
from dashboard.gate import Gate, policy_of
from dashboard.hub import Hub
from dashboard.rooms import Rooms, furnish
from dashboard.settings import DashboardSettings
from dashboard.wire import Wire
from services.chassis.health import health_routes
from services.chassis.identity import Identities
from services.chassis.metrics import metrics_routes
from services.chassis.settings import read_settings

NAME = "dashboard"


def create_app(settings: DashboardSettings | None = None) -> Starlette:
    """Build the dashboard from its settings; one per process, since Reflex's states are.

    Raises:
        SettingsRejected: a setting that cannot be used. ExportMissing: `make dashboard` first.
    """
    settings = settings or read_settings(DashboardSettings)
    logging.getLogger("httpx").setLevel(logging.WARNING)  # each page asks several times a second
    if not export.is_there():
        raise ExportMissing
    identities = Identities(settings.identity_public_key)
    wire = Wire(_services(settings))
    client = Client(wire, identities)
    hub = Hub(client)
    furnish(Rooms(client, hub))
    pages = _pages()
    policy = policy_of((export.WEB / "build" / "client").glob("*.html"))

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        async with pages.router.lifespan_context(pages):
            try:
                yield
            finally:
                await hub.close()
                await wire.close()

    gate = Gate(pages, identities=identities, policy=policy)
    routes = [*health_routes({}), *metrics_routes(), Mount("/", gate)]
    return Starlette(lifespan=lifespan, routes=routes)


def _pages() -> Starlette:
    """Reflex reads its settings from the environment when its app is made."""
    prepare_serving()
    from dashboard.site import app  # noqa: PLC0415  # not before the environment is prepared

    made = app()
    assert isinstance(made, Starlette)  # noqa: S101 - for the type checker
    return made


def _services(settings: DashboardSettings) -> dict[str, str]:
    return {
        "ingest": str(settings.ingest_url),
        "projections": str(settings.projections_url),
        "logs": str(settings.logs_url),
    }
