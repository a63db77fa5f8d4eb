"""Carries out runs: takes each once, works through its plan, says how it went, stops when told."""

import asyncio
from contextlib import AsyncExitStack, suppress
from functools import partial
from time import monotonic
from uuid import UUID

from services.builder.adapters.attempt import Attempt, Stop
from services.builder.adapters.heartbeat import keep_alive
from services.builder.adapters.isolation import room
from services.builder.adapters.limits import shortage
from services.builder.adapters.preparing import prepare
from services.builder.adapters.reporter import Reporter
from services.builder.adapters.spool import Spool
from services.builder.adapters.steps.steps import Steps
from services.builder.adapters.workshop import Workshop
from services.builder.domain.plan import plan
from services.builder.domain.run import RunIds, RunWasCancelled, StepFailed, ids_of
from services.chassis.bus.sending import Bus
from services.chassis.clock import Clock
from services.chassis.logging import bound, get_logger
from trellis_contracts.asking import Accepted
from trellis_contracts.failures import RunErrored, RunTimedOut
from trellis_contracts.runs import (
    RunCancelled,
    RunOutcome,
    RunStarted,
    RunSucceeded,
    StartRun,
    StepFinished,
    StepStarted,
)
from trellis_contracts.steps import Step


class Runner:
    """The runs of one builder: at most `builder_slots` at a time."""

    def __init__(
        self, bus: Bus, spool: Spool, *, workshop: Workshop, steps: Steps, clock: Clock
    ) -> None:
        """Takes the parts; `reporter.tell_all` is to be kept running beside it."""
        self._bus, self._spool, self._workshop, self._steps = bus, spool, workshop, steps
        self._clock = clock
        self.reporter = Reporter(bus, spool, lambda run: self.stop(run, Stop.STALE))
        self._tasks: dict[UUID, asyncio.Task[None]] = {}
        self._attempts: dict[UUID, Attempt] = {}

    @property
    def busy(self) -> int:
        """How many runs are under way."""
        return len(self._tasks)

    async def take(self, work: StartRun) -> None:
        """Begin a run, unless it was begun before; returns once that is stored.

        Raises:
            NoFreeSlot: nothing was begun; offer it again.
        """
        if work.run_id in self._tasks:
            return
        await self._workshop.take_slot()
        ids = ids_of(work)
        if await self._is_ours(work, ids):
            self._tasks[work.run_id] = asyncio.create_task(self._see_through(work, ids))
        else:
            self._workshop.slots.release()

    def stop(self, run_id: UUID, why: Stop) -> None:
        """End a run: at once while the cloud is untouched, else as soon as it is settled."""
        attempt, task = self._attempts.get(run_id), self._tasks.get(run_id)
        if attempt is None or task is None or attempt.stop in (why, Stop.STALE):
            return
        first, attempt.stop = attempt.stop is None, why
        attempt.stopped.set()
        if first and not attempt.in_the_cloud:
            task.cancel()

    async def close(self) -> None:
        """Let every run fall where it stands: the next start says that they were abandoned."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        with suppress(TimeoutError):
            async with asyncio.timeout(3):
                await asyncio.gather(*tasks, return_exceptions=True)

    async def _is_ours(self, work: StartRun, ids: RunIds) -> bool:
        self._spool.begin(ids)
        started = RunStarted(**ids, builder=self._workshop.conditions.name, attempt=work.attempt)
        answer = await self.reporter.report_and_hear(work.run_id, started)
        if isinstance(answer, Accepted):
            return True
        get_logger().info("run not taken", run=str(work.run_id), why=answer.sentence)
        self._spool.forget(work.run_id)
        return False

    async def _see_through(self, work: StartRun, ids: RunIds) -> None:
        began = monotonic()
        with bound(run=str(work.run_id), deployment=str(work.deployment_id)):
            try:
                async with AsyncExitStack() as room:
                    self._tell(work.run_id, await self._outcome(work, ids, began, room=room))
            finally:
                self._workshop.slots.release()
                del self._tasks[work.run_id]

    def _tell(self, run_id: UUID, outcome: RunOutcome | None) -> None:
        """Nobody waits for a folder to be removed: the outcome is told before."""
        if outcome is None:
            self._spool.forget(run_id)
        else:
            self.reporter.report(run_id, outcome, ends=True)

    async def _outcome(
        self, work: StartRun, ids: RunIds, began: float, *, room: AsyncExitStack
    ) -> RunOutcome | None:
        try:
            async with AsyncExitStack() as speech:
                attempt = await self._prepare(work, room, speech)
                return await self._carry_out(attempt, began)
        except Exception as ours:  # noqa: BLE001 - the rim: our own fault becomes RunErrored
            get_logger().exception("run errored")
            return RunErrored(**ids, detail=_said(ours))

    async def _prepare(
        self, work: StartRun, room: AsyncExitStack, speech: AsyncExitStack
    ) -> Attempt:
        attempt = await prepare(
            work,
            self._workshop,
            bus=self._bus,
            clock=self._clock,
            report=partial(self.reporter.report, work.run_id),
            room=room,
        )
        speech.push_async_callback(attempt.log.end)
        self._attempts[work.run_id] = attempt
        speech.callback(self._attempts.pop, work.run_id)
        alive = keep_alive(self._bus, attempt, partial(self.stop, work.run_id))
        await speech.enter_async_context(alive)
        return attempt

    async def _carry_out(self, attempt: Attempt, began: float) -> RunOutcome | None:
        try:
            if lacking := shortage(attempt.size, room.of_machine()):
                await attempt.log.say(lacking)
            for step in plan(attempt.work):
                async with asyncio.timeout(_limit(step, attempt)):
                    await self._do(step, attempt)
        except StepFailed as failed:
            return failed.failure
        except RunWasCancelled as cancelled:
            return _stopped(attempt, cloud_touched=cancelled.cloud_touched)
        except TimeoutError:
            return RunTimedOut(**attempt.ids, seconds=round(monotonic() - began))
        except asyncio.CancelledError:
            if attempt.stop is None:
                raise
            _uncancel()
            return _stopped(attempt, cloud_touched=attempt.release is not None)
        return RunSucceeded(
            **attempt.ids,
            release=attempt.release,
            stacks=attempt.removed,
            seconds=monotonic() - began,
        )

    async def _do(self, step: Step, attempt: Attempt) -> None:
        began, succeeded = monotonic(), False
        attempt.step, attempt.exit_code = step, None
        attempt.report(StepStarted(**attempt.ids, step=step))
        await attempt.log.begin(step)
        try:
            await self._steps.do(step, attempt)
            succeeded = True
        except StepFailed as failed:
            await attempt.log.say(failed.failure.sentence)
            raise
        finally:
            finished = StepFinished(
                **attempt.ids,
                step=step,
                succeeded=succeeded,
                exit_code=attempt.exit_code,
                seconds=monotonic() - began,
            )
            attempt.report(finished)


def _limit(step: Step, attempt: Attempt) -> float | None:
    """Give a step the time that is left; in the cloud the deployer keeps the deadline itself."""
    if step in (Step.DEPLOY, Step.REMOVE, Step.CONTINUE):
        return None
    return max(attempt.seconds_left(), 0)


def _stopped(attempt: Attempt, *, cloud_touched: bool) -> RunCancelled | None:
    """Say that it was cancelled; a stale run has nothing to say that would be taken."""
    if attempt.stop is Stop.STALE:
        return None
    return RunCancelled(**attempt.ids, cloud_touched=cloud_touched)


def _uncancel() -> None:
    """Take the cancellation as handled: what follows still has to be awaited."""
    if task := asyncio.current_task():
        task.uncancel()


def _said(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:1000]
