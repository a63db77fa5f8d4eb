"""Logs as a process: the parts put together, started and stopped in order."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta

from fastapi import FastAPI

from services.chassis import tasks
from services.chassis.bus.connection import Terms
from services.chassis.bus.sending import Bus
from services.chassis.clock import Clock, system_clock
from services.chassis.guarded import guarded_app
from services.chassis.health import answer_roll_calls
from services.chassis.logging import get_logger
from services.chassis.settings import read_settings
from services.logs.adapters.arrivals import Arrivals
from services.logs.adapters.intake import Intake
from services.logs.adapters.store import LogStore, folder_of
from services.logs.handlers import Lines
from services.logs.settings import LogsSettings

NAME = "logs"
_SWEEP_SECONDS = 3600


def create_app(settings: LogsSettings | None = None, *, clock: Clock = system_clock) -> FastAPI:
    """Build the service; it connects when its lifespan begins.

    Raises:
        SettingsRejected, UnsupportedArchive: a setting that cannot be used.
    """
    settings = settings or read_settings(LogsSettings)
    terms = Terms(unsafe=settings.nats_unsafe, replicas=settings.nats_replicas)
    bus = Bus(settings.bus_url(), service=NAME, terms=terms)
    store = LogStore(folder_of(settings.log_archive.get_secret_value()))
    arrivals = Arrivals()
    intake = Intake(bus, store, arrivals)
    kept_for = timedelta(days=settings.log_days)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as parts:
            parts.push_async_callback(bus.stop)
            await bus.start()
            for work in (intake.run(), _sweep(store, kept_for, clock)):
                parts.push_async_callback(tasks.end, asyncio.create_task(work))
            yield

    checks = {"bus": bus.well, "intake": intake.well}
    answer_roll_calls(bus, checks)
    app = guarded_app(settings, lifespan, checks)
    app.include_router(Lines(store, arrivals, settings.log_gap_seconds).router())
    return app


async def _sweep(store: LogStore, kept_for: timedelta, clock: Clock) -> None:
    """Remove what is older than it may be, once an hour."""
    while True:
        try:
            removed = await asyncio.to_thread(store.remove_older_than, clock() - kept_for)
        except OSError as error:
            get_logger().error("old logs not removed", reason=str(error))
        else:
            get_logger().info("old logs removed", runs=removed)
        await asyncio.sleep(_SWEEP_SECONDS)
