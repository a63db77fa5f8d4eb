"""What is cut short is taken up again: pushes, runs, and whole processes."""

import asyncio
import os
import signal
import sqlite3
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial
from itertools import permutations
from pathlib import Path

import pytest

from services.chassis.bus.errors import AnswerFailed, BusUnavailable
from services.chassis.bus.sending import Bus, connect_bus
from services.chassis.clock import system_clock
from services.chassis.event_store import open_event_store
from services.orchestrator.adapters import scheduler
from services.orchestrator.adapters.streams import Streams
from services.orchestrator.app import create_app
from tests.support.actors.builder import running_builder
from tests.support.clocks import SettableClock
from tests.support.deployments import CREATE_SHOP, DEVELOPMENT, SHOP, A, B, C
from tests.support.disks import fail_once
from tests.support.orchestration import (
    Asker,
    ask,
    deliver,
    push,
    running_orchestrator,
    settings_for,
    until,
)
from trellis_contracts import subjects
from trellis_contracts.asking import Accepted, Refused
from trellis_contracts.deployments import DeployRequested, Trigger
from trellis_contracts.failures import RunLost, RunTimedOut
from trellis_contracts.message import Message
from trellis_contracts.names import derived_id
from trellis_contracts.pushes import (
    NO_COMMIT,
    BranchDeleted,
    BranchUnobservable,
    DeliveryIgnored,
    Ignorance,
    PushRouted,
)
from trellis_contracts.runs import Instruction

ENVIRONMENT = subjects.environment_stream(DEVELOPMENT)
STARTED = ("DeployRequested", "DeployStarted")
NEW = "0" * 40


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


async def test_it_ends_when_its_store_takes_no_more_appends(data: Path, nats_url: str) -> None:
    ended = asyncio.Event()
    async with running_orchestrator(data, nats_url, on_crash=ended.set) as asker:
        fail_once(asker.orchestrator.store, sqlite3.SQLITE_FULL)
        with pytest.raises(AnswerFailed):
            await asker.create_shop()
        assert not ended.is_set()
        fail_once(asker.orchestrator.store, sqlite3.SQLITE_IOERR_FSYNC)
        with pytest.raises(AnswerFailed):
            await asker.create_shop()
        await asyncio.wait_for(ended.wait(), 15)


class TestPushes:
    async def test_one_that_was_recorded_and_not_routed_is_routed_at_the_start(
        self, data: Path, nats_url: str
    ) -> None:
        async with running_orchestrator(data, nats_url, poll_seconds=3600) as asker:
            await asker.create_shop()
        await _append(data, subjects.delivery_stream("cut"), push("cut", NEW, A))
        async with running_orchestrator(data, nats_url, poll_seconds=3600) as asker:
            await asker.until(*STARTED)
            await asker.until_routed("cut")
            await asker.deliver(push("cut", NEW, A))
            await asker.deliver(push("next", A, B))
            await asker.until_routed("next")
            numbers = [type(event).__name__ for event in await asker.events(ENVIRONMENT)]
        assert numbers == [*STARTED, "DeployRequested"]

    async def test_a_delivery_that_comes_fifty_times_deploys_once(
        self, data: Path, nats_url: str
    ) -> None:
        async with running_orchestrator(data, nats_url, poll_seconds=3600) as asker:
            await asker.create_shop()
            receive = asker.orchestrator.handlers.deliveries.receive
            await asyncio.gather(*(receive(push("same", NEW, A)) for _ in range(50)))
            assert await asker.names() == [*STARTED]
            routed = (await asker.events(subjects.delivery_stream("same")))[1:]
        assert routed == [PushRouted(delivery="same", environments=(DEVELOPMENT,))]

    @pytest.mark.parametrize("order", list(permutations(range(3))))
    async def test_pushes_in_any_order_end_on_the_newest_head(
        self, data: Path, nats_url: str, order: tuple[int, ...]
    ) -> None:
        pushes = (push("1", NEW, A), push("2", A, B), push("3", B, C))
        async with (
            running_orchestrator(data, nats_url, poll_seconds=3600) as asker,
            running_builder(nats_url) as builder,
        ):
            await asker.create_shop()
            await until(lambda: not builder.observed.empty())
            builder.heads["main"] = C
            for place in order:
                await asker.deliver(pushes[place])
                await asker.until_routed(pushes[place].delivery)
            await until(lambda: _all_work_is_taken(asker.bus))
            requests = [
                e for e in await asker.events(ENVIRONMENT) if isinstance(e, DeployRequested)
            ]
        assert requests[-1].commit == C

    async def test_one_that_was_overtaken_asks_the_remote(self, data: Path, nats_url: str) -> None:
        async with (
            running_orchestrator(data, nats_url, poll_seconds=3600) as asker,
            running_builder(nats_url) as builder,
        ):
            await asker.create_shop()
            await until(lambda: not builder.observed.empty())
            await asker.deliver(push("1", NEW, A))
            await asker.until_routed("1")
            builder.heads["main"] = C
            await asker.deliver(push("late", B, C))
            await asker.until("DeployRequested", "DeployStarted", "DeployRequested")
            *_, last = await asker.events(ENVIRONMENT)
            *_, routed = await asker.events(subjects.delivery_stream("late"))
        assert isinstance(last, DeployRequested)
        assert (last.commit, last.trigger) == (C, Trigger.HEAD)
        assert routed == PushRouted(delivery="late", environments=())

    async def test_what_the_remote_said_before_a_push_does_not_undo_it(
        self, data: Path, nats_url: str
    ) -> None:
        async with (
            running_builder(nats_url) as builder,
            running_orchestrator(data, nats_url, poll_seconds=3600) as asker,
        ):
            await asker.create_shop()
            await until(lambda: not builder.observed.empty())
            asker.orchestrator.questions.note(SHOP, "main", system_clock())
            await asker.deliver(push("1", NEW, B))
            await asker.until_routed("1")
            builder.heads["main"] = B
            late = await builder.say_head(SHOP, "main", A)
            assert isinstance(late, Accepted)
            assert late.events == ()
            await until(lambda: builder.observed.qsize() == 2)
            requests = [
                e for e in await asker.events(ENVIRONMENT) if isinstance(e, DeployRequested)
            ]
        assert [request.commit for request in requests] == [B]

    async def test_what_no_application_has_is_recorded_as_ignored(
        self, data: Path, nats_url: str
    ) -> None:
        async with running_orchestrator(data, nats_url) as asker:
            await asker.create_shop()
            await asker.deliver(push("other", repository="acme/other"))
            await asker.deliver(_deleted("gone"))
            await asker.until_routed("other")
            await until(lambda: _exists(asker, "gone"))
            (ignored,) = await asker.events(subjects.delivery_stream("other"))
        assert isinstance(ignored, DeliveryIgnored)
        assert ignored.reason is Ignorance.NO_APPLICATION


class TestPolling:
    async def test_a_branch_is_looked_at_until_a_webhook_has_arrived(
        self, data: Path, nats_url: str
    ) -> None:
        clock = SettableClock()
        async with (
            running_builder(nats_url, heads={"main": A}) as builder,
            running_orchestrator(data, nats_url, clock=clock, poll_seconds=30) as asker,
        ):
            await asker.create_shop()
            work = await builder.next_run()
            assert work.commit == A
            builder.heads["main"] = B
            tick = asker.orchestrator.scheduler.tick
            await tick()
            assert builder.observed.qsize() == 1
            clock.advance(timedelta(seconds=30))
            await tick()
            await asker.until("DeployRequested", "DeployStarted", "DeployRequested")
            await asker.deliver(push("hook", A, B))
            await asker.until_routed("hook")
            before = builder.observed.qsize()
            clock.advance(timedelta(seconds=299))
            await tick()
            assert builder.observed.qsize() == before

    async def test_a_missed_webhook_is_caught_up_with(self, data: Path, nats_url: str) -> None:
        clock = SettableClock()
        async with (
            running_builder(nats_url, heads={"main": A}) as builder,
            running_orchestrator(data, nats_url, clock=clock, reconcile_seconds=300) as asker,
        ):
            await asker.create_shop()
            first = await builder.next_run()
            await asker.deliver(push("hook", NO_COMMIT, A))
            await asker.until_routed("hook")
            builder.heads["main"] = B
            clock.advance(timedelta(seconds=301))
            await asker.orchestrator.scheduler.tick()
            await asker.until("DeployRequested", "DeployStarted", "DeployRequested")
            assert first.commit == A
            events = await asker.events(subjects.environment_stream(DEVELOPMENT))
            newest = [event for event in events if isinstance(event, DeployRequested)][-1]
            assert (newest.commit, newest.trigger) == (B, Trigger.HEAD)

    async def test_a_branch_that_cannot_be_seen_is_recorded_once(
        self, data: Path, nats_url: str
    ) -> None:
        async with (
            running_builder(nats_url) as builder,
            running_orchestrator(data, nats_url, poll_seconds=0.1) as asker,
        ):
            await asker.create_shop()
            await until(lambda: builder.observed.qsize() >= 2)
            events = await asker.events(subjects.application_stream(SHOP))
        assert [type(e) for e in events].count(BranchUnobservable) == 1


class TestRuns:
    async def test_a_builder_that_falls_silent_is_followed_by_one_more_and_no_third(
        self, data: Path, nats_url: str
    ) -> None:
        clock = SettableClock()
        async with (
            running_builder(nats_url, heads={"main": A}) as builder,
            running_orchestrator(data, nats_url, clock=clock, lease_seconds=45) as asker,
        ):
            await asker.create_shop()
            first = await builder.next_run()
            await builder.start(first)
            clock.advance(timedelta(seconds=44))
            assert await builder.beat(first) is Instruction.PROCEED
            clock.advance(timedelta(seconds=44))
            await asker.orchestrator.scheduler.tick()
            assert await asker.names() == [*STARTED]
            clock.advance(timedelta(seconds=2))
            second = await builder.next_run()
            assert (second.attempt, second.fence) == (2, 2)
            assert await builder.beat(first) is Instruction.STOP
            await builder.start(second)
            await asker.orchestrator.scheduler.tick()
            clock.advance(timedelta(seconds=46))
            await asker.until("RunLost")
            *_, lost = await asker.events(ENVIRONMENT)
        assert isinstance(lost, RunLost)
        assert lost.attempts == 2

    async def test_a_builder_that_came_back_says_that_its_run_was_cut(
        self, data: Path, nats_url: str
    ) -> None:
        async with (
            running_builder(nats_url, heads={"main": A}) as builder,
            running_orchestrator(data, nats_url) as asker,
        ):
            await asker.create_shop()
            first = await builder.next_run()
            await builder.start(first)
            assert isinstance(await builder.abandon(first), Accepted)
            await builder.succeed(await builder.next_run())
            await asker.until("DeployStarted", "DeploySucceeded")

    async def test_a_run_that_takes_too_long_is_ended_once_it_could_put_back(
        self, data: Path, nats_url: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(scheduler, "PUT_BACK_SECONDS", 60)
        clock = SettableClock()
        async with (
            running_builder(nats_url, heads={"main": A}) as builder,
            running_orchestrator(
                data, nats_url, clock=clock, run_seconds=60, lease_seconds=45
            ) as asker,
        ):
            await asker.create_shop()
            work = await builder.next_run()
            await builder.start(work)
            for _ in range(11):
                clock.advance(timedelta(seconds=10))
                assert await builder.beat(work) is Instruction.PROCEED
            await asker.orchestrator.scheduler.tick()
            assert await asker.names() == [*STARTED]
            clock.advance(timedelta(seconds=20))
            await asker.until("RunTimedOut")
            *_, over = await asker.events(ENVIRONMENT)
            assert isinstance(over, RunTimedOut)
            late = await builder.tell(work, builder.success(work))
        assert isinstance(late, Refused)

    async def test_one_that_no_builder_took_is_offered_again_after_a_restart(
        self, data: Path, nats_url: str
    ) -> None:
        async with running_orchestrator(data, nats_url, poll_seconds=3600) as asker:
            await asker.create_shop()
            await asker.deliver(push("1", NEW, A))
            await asker.until(*STARTED)
            await until(lambda: _waiting_work(asker.bus))
            await asker.bus.jetstream.delete_stream("RUNS")
        async with (
            running_orchestrator(data, nats_url, poll_seconds=3600),
            running_builder(nats_url) as builder,
        ):
            assert (await builder.next_run()).commit == A


class TestProcess:
    @pytest.mark.slow
    async def test_it_is_killed_again_and_again_and_every_push_ends_once(
        self, data: Path, nats_url: str
    ) -> None:
        bus = await connect_bus(nats_url, service="asker")
        async with _process(data, nats_url):
            await _until_answered(bus, CREATE_SHOP)
        commits = [f"{number:040x}" for number in range(1, 31)]
        for number, (before, after) in enumerate(zip([NEW, *commits], commits, strict=False)):
            await deliver(bus, push(f"push-{number}", before, after))
        for left in (25, 15, 5):
            async with _process(data, nats_url) as process:
                await until(partial(_is_worked_off, bus, left))
                os.kill(process.pid, signal.SIGKILL)
        async with running_orchestrator(data, nats_url, poll_seconds=3600) as asker:
            for number in range(len(commits)):
                await asker.until_routed(f"push-{number}", patience=60)
            events = await asker.events(ENVIRONMENT)
            runs = await bus.jetstream.stream_info("RUNS")
        await bus.stop()
        requests = [event for event in events if isinstance(event, DeployRequested)]
        pushed = [request.delivery for request in requests]
        assert len(pushed) == len(set(pushed))
        # What a kill brought out of order is asked of the remote, which is nobody here.
        assert requests[-1].commit == commits[-1] or runs.state.messages > 1

    async def test_it_ends_in_good_order_when_it_is_told_to(
        self, data: Path, nats_url: str
    ) -> None:
        async with _process(data, nats_url) as process:
            bus = await connect_bus(nats_url, service="asker")
            await _until_answered(bus, CREATE_SHOP)
            process.terminate()
            async with asyncio.timeout(5):
                assert await process.wait() == 0
            await bus.stop()

    async def test_nothing_connects_before_it_starts(self, data: Path) -> None:
        app = create_app(settings_for(data, "nats://127.0.0.1:1"))
        assert not hasattr(app.state, "orchestrator")
        assert not data.exists()


def _deleted(delivery: str) -> BranchDeleted:
    return BranchDeleted(
        delivery=delivery,
        hook=CREATE_SHOP.hook,
        repository=CREATE_SHOP.repository_name,
        branch="main",
        before=A,
    )


async def _append(data: Path, stream: str, event: Message) -> None:
    """What a process has done that was killed right after it."""
    store = open_event_store(f"sqlite:///{data / 'events.sqlite'}")
    streams = Streams(store, system_clock)
    await streams.append(
        stream, [event], after=-1, actor="service:ingest", causation=derived_id("cut", "received")
    )
    await store.close()


async def _exists(asker: Asker, delivery: str) -> bool:
    return bool(await asker.events(subjects.delivery_stream(delivery)))


async def _waiting_work(bus: Bus) -> int:
    return (await bus.jetstream.stream_info("RUNS")).state.messages


async def _all_work_is_taken(bus: Bus) -> bool:
    return await _waiting_work(bus) == 0


async def _is_worked_off(bus: Bus, left: int) -> bool:
    return (await bus.jetstream.stream_info("INBOX")).state.messages <= left


@asynccontextmanager
async def _process(data: Path, url: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """The orchestrator as it runs in production; killed at the end if it still lives."""
    environment = {
        **os.environ,
        "TRELLIS_DATA": str(data),
        "TRELLIS_NATS": url,
        "TRELLIS_EVENT_STORE": f"sqlite:///{data / 'events.sqlite'}",
        "TRELLIS_POLL_SECONDS": "3600",
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "services.orchestrator", env=environment
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def _until_answered(bus: Bus, command: Message) -> None:
    async def is_answered() -> bool:
        try:
            return isinstance(await ask(bus, command, id_=derived_id("once")), Accepted)
        except BusUnavailable:
            return False

    await until(is_answered, patience=30)
