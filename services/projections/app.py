"""Projections as a process: the parts put together, started and stopped in order."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from fastapi import FastAPI

from services.chassis import tasks
from services.chassis.bus.connection import Terms
from services.chassis.bus.sending import Bus
from services.chassis.event_store import open_event_store
from services.chassis.guarded import guarded_app
from services.chassis.health import answer_roll_calls
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
        async with AsyncExitStack() as parts:
            parts.push_async_callback(store.close)
            parts.push_async_callback(bus.stop)
            await bus.start()
            parts.callback(views.reopen)
            parts.push_async_callback(tasks.end, asyncio.create_task(following.run()))
            yield

    checks = {"bus": bus.well, "views": following.well}
    answer_roll_calls(bus, checks)
    app = guarded_app(settings, lifespan, checks)
    for part in (Documents(reading), Feed(reading)):
        app.include_router(part.router())
    return app
