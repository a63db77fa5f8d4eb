"""Sees errands through: runs that touch nothing, have no fence, and hold no environment."""

import asyncio
from contextlib import AsyncExitStack
from time import monotonic
from uuid import UUID

from services.builder.adapters.attempt import Attempt
from services.builder.adapters.errands import Errand
from services.builder.adapters.preparing import prepare
from services.builder.adapters.reporter import Reporter
from services.builder.adapters.steps.steps import Steps
from services.builder.adapters.workshop import Workshop
from services.builder.domain.run import RunWasCancelled, StepFailed
from services.chassis.bus.sending import Bus
from services.chassis.clock import Clock
from services.chassis.logging import bound, get_logger
from trellis_contracts.message import Message
from trellis_contracts.steps import Step

_STOPPED = "Its builder was stopped before it had ended: ask again."
_TOO_LONG = "It took too long: ask again when the builder has less to do."


class RunsApart:
    """The errands of one builder; they share its slots with its runs."""

    def __init__(
        self, bus: Bus, reporter: Reporter, *, workshop: Workshop, steps: Steps, clock: Clock
    ) -> None:
        self._bus, self._reporter, self._workshop = bus, reporter, workshop
        self._steps, self._clock = steps, clock
        self._tasks: dict[UUID, asyncio.Task[None]] = {}

    @property
    def busy(self) -> int:
        """How many errands are under way."""
        return len(self._tasks)

    async def take(self, errand: Errand) -> None:
        """Begin an errand, unless it is under way. Raises NoFreeSlot."""
        run_id = errand.work.run_id
        if run_id in self._tasks:
            return
        await self._workshop.take_slot()
        self._tasks[run_id] = asyncio.create_task(self._see_through(errand))

    async def close(self) -> None:
        """Let every errand fall: whoever asked is told so, by the next start at the latest."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=3)

    async def _see_through(self, errand: Errand) -> None:
        run_id = errand.work.run_id
        with bound(errand=str(run_id), attempt=errand.work.attempt):
            try:
                self._reporter.report(run_id, await self._outcome(errand), ends=True)
            except asyncio.CancelledError:
                self._reporter.report(run_id, errand.failed(_STOPPED), ends=True)
                raise
            finally:
                self._workshop.slots.release()
                del self._tasks[run_id]

    async def _outcome(self, errand: Errand) -> Message:
        began = monotonic()
        try:
            async with AsyncExitStack() as room:
                await self._go(errand, room)
                return errand.done(monotonic() - began)
        except StepFailed as failed:
            return errand.failed(failed.failure.sentence, failed.failure.tail)
        except (TimeoutError, RunWasCancelled):
            return errand.failed(_TOO_LONG)
        except Exception as ours:  # noqa: BLE001 - the rim: our own fault is told as such
            get_logger().exception("an errand errored")
            return errand.failed(f"Trellis failed, not your application: {ours}")

    async def _go(self, errand: Errand, room: AsyncExitStack) -> None:
        attempt = await prepare(
            errand.work,
            self._workshop,
            bus=self._bus,
            clock=self._clock,
            report=_nobody_keeps,
            room=room,
            look=errand.look,
            trusted=errand.trusted,
        )
        room.push_async_callback(attempt.log.end)
        for step in errand.steps:
            await attempt.log.begin(step)
            try:
                async with asyncio.timeout(_limit(step, attempt)):
                    await self._steps.do(step, attempt)
            except StepFailed as failed:
                await attempt.log.say(failed.failure.sentence)
                raise


def _limit(step: Step, attempt: Attempt) -> float | None:
    """In the cloud the deployer keeps the deadline itself, and takes back what it made."""
    return None if step is Step.PREVIEW else max(attempt.seconds_left(), 0)


def _nobody_keeps(_fact: Message) -> None:
    """An errand is told whole, when it has ended."""
