"""The orchestrator as a process: its parts, put together once."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from datetime import timedelta

from starlette.applications import Starlette

from services.chassis import tasks
from services.chassis.bus.connection import Terms, end_process
from services.chassis.bus.sending import Bus
from services.chassis.clock import Clock, system_clock
from services.chassis.event_store import open_event_store
from services.chassis.event_store.port import EventStore, StoreUnavailable
from services.chassis.health import Check, answer_roll_calls, health_routes
from services.chassis.logging import get_logger
from services.chassis.metrics import metrics_routes
from services.chassis.settings import read_settings
from services.orchestrator.adapters.dispatcher import Dispatcher
from services.orchestrator.adapters.follower import Follower
from services.orchestrator.adapters.leases import Leases
from services.orchestrator.adapters.questions import Questions
from services.orchestrator.adapters.relay import Relay
from services.orchestrator.adapters.routing import Index
from services.orchestrator.adapters.scheduler import Scheduler
from services.orchestrator.adapters.snapshots import Snapshots
from services.orchestrator.adapters.streams import Streams
from services.orchestrator.adapters.work import WorkQueue
from services.orchestrator.handlers.answering import Desk
from services.orchestrator.handlers.applications import Applications
from services.orchestrator.handlers.branches import Branches
from services.orchestrator.handlers.deletions import Deletions
from services.orchestrator.handlers.deliveries import Deliveries
from services.orchestrator.handlers.emptying import Emptying
from services.orchestrator.handlers.environments import Environments
from services.orchestrator.handlers.previews import Previews
from services.orchestrator.handlers.pull_requests import PullRequests
from services.orchestrator.handlers.routes import Handlers, routes
from services.orchestrator.handlers.runs import Runs
from services.orchestrator.settings import OrchestratorSettings

NAME = "orchestrator"
SNAPSHOTS = "snapshots.sqlite"


class Orchestrator:
    """An orchestrator that is put together; it works from `start` to `stop`."""

    def __init__(
        self, settings: OrchestratorSettings, store: EventStore, bus: Bus, *, clock: Clock
    ) -> None:
        self.store, self.bus = store, bus
        index, work, leases = Index(), WorkQueue(bus), Leases(clock)
        self.follower = Follower(store, index)
        self.relay = Relay(store, bus)
        self.questions = Questions(
            work,
            clock,
            unheard=timedelta(seconds=settings.poll_seconds),
            heard=timedelta(seconds=settings.reconcile_seconds),
        )
        self.handlers = self._handlers(settings, index, leases, clock=clock)
        environments = self.handlers.environments
        self.dispatcher = Dispatcher(index, work, environments.state)
        self.scheduler = Scheduler(
            index,
            leases,
            self.questions,
            ask=environments.answer,
            review=environments.review,
            others=(self.handlers.previews.end_late, self.handlers.pull_requests.tick),
            clock=clock,
            lease=timedelta(seconds=settings.lease_seconds),
        )
        self.deletions = Deletions(
            index, applications=self.handlers.applications, emptying=Emptying(environments)
        )
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self, on_crash: Callable[[], None]) -> None:
        """Read the history, take up what was cut short, then listen. Raises as `Bus.start`."""
        self.follower.on_news += [self.dispatcher.wake, self.deletions.wake]
        self._keep(self.follower.run(), on_crash)
        await self.follower.caught_up()
        await self.bus.connect()
        self.bus.on_reconnected.append(self.dispatcher.offer_again)
        self.bus.broker.include_router(routes(self.bus, self.handlers))
        await self.handlers.deliveries.resume()
        self.dispatcher.wake()
        self.deletions.wake()
        for part in (self.relay, self.dispatcher, self.scheduler, self.deletions):
            self._keep(part.run(), on_crash)
        self._keep(self.store.lost(), on_crash)
        await self.bus.start()

    async def stop(self) -> None:
        """Finish the questions under way and let go of bus and store."""
        await self.bus.stop()
        await tasks.end(*self._tasks)
        await self.streams.close()
        await self.store.close()

    async def store_is_well(self) -> None:
        """The health check of the event store.

        Raises:
            StoreUnavailable: it takes no appends.
        """
        if not await self.store.healthy():
            raise StoreUnavailable("of this orchestrator", "it takes no appends, see its disk")

    def _handlers(
        self, settings: OrchestratorSettings, index: Index, leases: Leases, *, clock: Clock
    ) -> Handlers:
        snapshots = Snapshots(settings.data / SNAPSHOTS)
        self.streams = streams = Streams(self.store, clock, snapshots=snapshots)
        desk = Desk(streams, self.follower)
        applications = Applications(desk, streams, index, clock=clock)
        environments = Environments(
            desk,
            streams,
            index,
            applications=applications,
            clock=clock,
            run_seconds=settings.run_seconds,
        )
        branches = Branches(applications, environments, self.questions)
        pull_requests = PullRequests(
            index,
            applications=applications,
            environments=environments,
            branches=branches,
            emptying=Emptying(environments),
            clock=clock,
        )
        deliveries = Deliveries(
            streams,
            index,
            self.follower,
            applications=applications,
            branches=branches,
            pull_requests=pull_requests,
        )
        return Handlers(
            applications=applications,
            environments=environments,
            runs=Runs(desk, streams, environments=environments, leases=leases),
            previews=Previews(desk, index, environments=environments, clock=clock),
            branches=branches,
            deliveries=deliveries,
            pull_requests=pull_requests,
        )

    def _keep(self, work: Coroutine[None, None, None], on_crash: Callable[[], None]) -> None:
        def end(task: asyncio.Task[None]) -> None:
            if not task.cancelled() and (crash := task.exception()):
                get_logger().critical("a part of the orchestrator crashed", exc_info=crash)
                on_crash()

        task = asyncio.create_task(work)
        task.add_done_callback(end)
        self._tasks.append(task)


def create_app(
    settings: OrchestratorSettings | None = None,
    *,
    clock: Clock = system_clock,
    on_crash: Callable[[], None] = end_process,
) -> Starlette:
    """Give the orchestrator's health and metrics over HTTP; its lifespan is the orchestrator.

    Nothing is opened or connected before the lifespan begins.

    Raises:
        SettingsRejected: with the variables that hold what they must not.
    """
    settings = settings or read_settings(OrchestratorSettings)
    checks: dict[str, Check] = {}

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        store = open_event_store(settings.event_store.get_secret_value())
        terms = Terms(
            unsafe=settings.nats_unsafe, replicas=settings.nats_replicas, on_closed=on_crash
        )
        bus = Bus(settings.bus_url(), service=NAME, terms=terms)
        orchestrator = app.state.orchestrator = Orchestrator(settings, store, bus, clock=clock)
        checks["event store"] = orchestrator.store_is_well
        checks["bus"] = bus.well
        checks["relay"] = orchestrator.relay.well
        answer_roll_calls(bus, checks)
        try:
            await orchestrator.start(on_crash)
            yield
        finally:
            await orchestrator.stop()

    return Starlette(routes=[*health_routes(checks), *metrics_routes()], lifespan=lifespan)
