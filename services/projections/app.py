"""Projections as a process: the parts put together, started and stopped in order."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress

from fastapi import FastAPI

from services.chassis.bus.connection import Terms
from services.chassis.bus.sending import Bus
from services.chassis.event_store import open_event_store
from services.chassis.health import health_routes
from services.chassis.identity import Guard, Identities
from services.chassis.metrics import metrics_routes
from services.chassis.problems import install_problems
from services.chassis.settings import read_settings
from services.projections.adapters.events import Events
from services.projections.adapters.following import Following
from services.projections.adapters.views import Views
from services.projections.adapters.views_file import file_of
from services.projections.handlers.documents import Documents
from services.projections.handlers.feed import Feed
from services.projections.handlers.reading import Reading
from services.projections.settings import ProjectionsSettings

NAME = "projections"
OPEN_PATHS = ("/health/", "/metrics")


def create_app(settings: ProjectionsSettings | None = None) -> FastAPI:
    """Build the service; it connects when its lifespan begins.

    Raises:
        SettingsRejected, UnsupportedStore, UnsupportedViews: a setting that cannot be used.
    """
    settings = settings or read_settings(ProjectionsSettings)
    path = file_of(settings.views.get_secret_value())
    terms = Terms(unsafe=settings.nats_unsafe, replicas=settings.nats_replicas)
    bus = Bus(settings.bus_url(), service=NAME, terms=terms)
    store = open_event_store(settings.event_store.get_secret_value(), read_only=True)
    views, events = Views(path), Events(store, bus)
    following = Following(path, views=views, store=store, events=events, bus=bus)
    reading = Reading(views, following.progress, events.look, patience=settings.wait_seconds)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        await bus.start()
        task = asyncio.create_task(following.run())
        yield
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        views.reopen()
        await store.close()
        await bus.stop()

    app = _guarded(settings, lifespan)
    for part in (Documents(reading), Feed(reading)):
        app.include_router(part.router())
    app.routes.extend(health_routes({"bus": bus.well, "views": following.well}))
    app.routes.extend(metrics_routes())
    return app


def _guarded(
    settings: ProjectionsSettings,
    lifespan: Callable[[FastAPI], AbstractAsyncContextManager[None]],
) -> FastAPI:
    """Give an app that lets nobody in without an identity, and answers errors as problems."""
    app = FastAPI(lifespan=lifespan, openapi_url=None)
    install_problems(app)
    identities = Identities(settings.identity_public_key)
    app.add_middleware(Guard, identities=identities, unguarded=OPEN_PATHS)
    return app
