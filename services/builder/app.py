"""The builder as a process: its parts, put together once."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from starlette.applications import Starlette

from services.builder.adapters.apart import RunsApart
from services.builder.adapters.artifacts import open_artifacts
from services.builder.adapters.conditions import Conditions
from services.builder.adapters.runner import Runner
from services.builder.adapters.spool import Spool
from services.builder.adapters.steps.steps import Steps
from services.builder.adapters.workshop import Workshop
from services.builder.handlers import listen
from services.builder.settings import BuilderSettings
from services.chassis import tasks
from services.chassis.bus.connection import Terms, end_process
from services.chassis.bus.sending import Bus
from services.chassis.clock import Clock, system_clock
from services.chassis.health import Check, answer_roll_calls, health_routes
from services.chassis.logging import get_logger
from services.chassis.metrics import metrics_routes
from services.chassis.secrets import open_secrets
from services.chassis.settings import read_settings

NAME = "builder"
SPOOL_FILE = "builder.sqlite"


class Builder:
    """A builder that is put together; it runs from `start` to `stop`."""

    def __init__(
        self, bus: Bus, spool: Spool, *, workshop: Workshop, runner: Runner, apart: RunsApart
    ) -> None:
        self.bus, self.workshop = bus, workshop
        self._spool, self._runner, self._apart = spool, runner, apart
        self._telling: asyncio.Task[None] | None = None

    async def start(self, on_crash: Callable[[], None]) -> None:
        """Say which runs were cut short, then take work. Raises as `Bus.start`."""
        self._spool.abandon_all()
        await self.bus.connect()
        self._telling = asyncio.create_task(self._runner.reporter.tell_all())
        self._telling.add_done_callback(lambda task: _unless_cancelled(task, on_crash))
        await self._open()
        await self.bus.start()

    async def stop(self) -> None:
        """Take no more work and let runs fall: the next start says that they were cut short."""
        await self._apart.close()
        await self._runner.close()
        if self._telling:
            await tasks.end(self._telling)
        await self.bus.stop()
        self._spool.close()

    async def _open(self) -> None:
        """A builder that cannot isolate takes work all the same, to answer it with why not."""
        try:
            swept = await self.workshop.open()
        except Exception as missing:  # noqa: BLE001 - whatever it is, every run says it
            get_logger().error("this builder cannot isolate runs", why=str(missing))
        else:
            get_logger().info("builder ready", swept=len(swept))


def _conditions(settings: BuilderSettings) -> Conditions:
    return Conditions(
        name=settings.builder_name,
        grade=settings.builder_grade,
        slots=settings.builder_slots,
        runs=settings.builder_runs,
        store=settings.builder_store,
        store_bytes=round(settings.builder_store_gib * (1 << 30)),
        hidden=(settings.data, settings.keys),
        passed=settings.builder_pass,
        git_origins=settings.git_origins,
        step_seconds=settings.step_seconds,
        silence_seconds=settings.silence_seconds,
        heartbeat_seconds=settings.heartbeat_seconds,
        aws_endpoint=settings.aws_endpoint,
        aws_instance=settings.aws_instance,
    )


def _unless_cancelled(task: asyncio.Task[None], on_crash: Callable[[], None]) -> None:
    if not task.cancelled():
        get_logger().critical("the reporter crashed", exc_info=task.exception())
        on_crash()


def create_app(
    settings: BuilderSettings | None = None,
    *,
    clock: Clock = system_clock,
    on_crash: Callable[[], None] = end_process,
) -> Starlette:
    """Give the builder's health and metrics over HTTP; its lifespan is the builder.

    Nothing is opened or connected before the lifespan begins.

    Raises:
        SettingsRejected: with the variables that hold what they must not.
    """
    settings = settings or read_settings(BuilderSettings)
    checks: dict[str, Check] = {}

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        builder = app.state.builder = _put_together(settings, clock, on_crash)
        checks["bus"] = builder.bus.well
        checks["isolation"] = builder.workshop.well
        answer_roll_calls(builder.bus, checks)
        try:
            await builder.start(on_crash)
            yield
        finally:
            await builder.stop()

    return Starlette(routes=[*health_routes(checks), *metrics_routes()], lifespan=lifespan)


def _put_together(
    settings: BuilderSettings, clock: Clock, on_closed: Callable[[], None]
) -> Builder:
    terms = Terms(unsafe=settings.nats_unsafe, replicas=settings.nats_replicas, on_closed=on_closed)
    bus = Bus(settings.bus_url(), service=NAME, terms=terms)
    secrets = open_secrets(
        settings.secrets.get_secret_value(), key_file=settings.keys / "secrets.key"
    )
    artifacts = open_artifacts(
        settings.artifacts.get_secret_value(), key_file=settings.keys / "artifacts.key"
    )
    spool = Spool(settings.data / SPOOL_FILE)
    workshop = Workshop(_conditions(settings), secrets)
    steps = Steps(artifacts)
    runner = Runner(bus, spool, workshop=workshop, steps=steps, clock=clock)
    apart = RunsApart(bus, runner.reporter, workshop=workshop, steps=steps, clock=clock)
    listen(bus, runner, apart, workshop=workshop)
    return Builder(bus, spool, workshop=workshop, runner=runner, apart=apart)
