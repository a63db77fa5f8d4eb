"""Makes previews: runs that touch nothing, have no fence, and hold no environment."""

import asyncio
from contextlib import AsyncExitStack
from time import monotonic
from uuid import UUID

from services.builder.adapters.attempt import Attempt, Look
from services.builder.adapters.preparing import prepare
from services.builder.adapters.reporter import Reporter
from services.builder.adapters.steps.steps import Steps
from services.builder.adapters.workshop import Workshop
from services.builder.domain.plan import plan_preview
from services.builder.domain.run import RunWasCancelled, StepFailed, run_of
from services.chassis.bus.sending import Bus
from services.chassis.clock import Clock
from services.chassis.logging import bound, get_logger
from trellis_contracts.changes import fitting
from trellis_contracts.message import Message
from trellis_contracts.previewing import (
    PreviewFailed,
    PreviewMade,
    PreviewOutcome,
    PreviewRequested,
)
from trellis_contracts.steps import Step

_LONGEST_SENTENCE = 4096


class NothingSeen(Exception):
    """The steps of a preview ended and left nothing: a fault of ours."""

    def __init__(self) -> None:
        super().__init__("a preview ended without having looked")


class Previewer:
    """The previews of one builder; they share its slots with its runs."""

    def __init__(
        self, bus: Bus, reporter: Reporter, *, workshop: Workshop, steps: Steps, clock: Clock
    ) -> None:
        self._bus, self._reporter, self._workshop = bus, reporter, workshop
        self._steps, self._clock = steps, clock
        self._tasks: dict[UUID, asyncio.Task[None]] = {}

    @property
    def busy(self) -> int:
        """How many previews are under way."""
        return len(self._tasks)

    async def take(self, preview: PreviewRequested) -> None:
        """Begin a preview, unless it is being made. Raises NoFreeSlot."""
        if preview.run_id in self._tasks:
            return
        await self._workshop.take_slot()
        self._tasks[preview.run_id] = asyncio.create_task(self._see_through(preview))

    async def close(self) -> None:
        """Let every preview fall: whoever asked is told when its time is over, and asks again."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=3)

    async def _see_through(self, preview: PreviewRequested) -> None:
        with bound(preview=str(preview.preview_id), attempt=preview.attempt):
            try:
                outcome = await self._outcome(preview)
                self._reporter.report(preview.run_id, outcome, ends=True)
            finally:
                self._workshop.slots.release()
                del self._tasks[preview.run_id]

    async def _outcome(self, preview: PreviewRequested) -> PreviewOutcome:
        try:
            async with AsyncExitStack() as room:
                return await self._look(preview, room)
        except Exception as ours:  # noqa: BLE001 - the rim: our own fault is told as such
            get_logger().exception("preview errored")
            return _failed(preview, f"Trellis failed, not your application: {ours}")

    async def _look(self, preview: PreviewRequested, room: AsyncExitStack) -> PreviewOutcome:
        began, look = monotonic(), Look()
        attempt = await prepare(
            run_of(preview),
            self._workshop,
            bus=self._bus,
            clock=self._clock,
            report=_nobody_keeps,
            room=room,
            look=look,
        )
        try:
            await self._go(preview, attempt)
        except StepFailed as failed:
            return _failed(preview, failed.failure.sentence, failed.failure.tail)
        except (TimeoutError, RunWasCancelled):
            return _failed(preview, "It took too long: ask again when the builder has less to do.")
        if look.commits is None:
            raise NothingSeen
        seconds = monotonic() - began
        stacks = fitting(look.stacks)
        return PreviewMade(**_ids(preview), commits=look.commits, stacks=stacks, seconds=seconds)

    async def _go(self, preview: PreviewRequested, attempt: Attempt) -> None:
        for step in plan_preview(preview):
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


def _failed(preview: PreviewRequested, sentence: str, tail: tuple[str, ...] = ()) -> PreviewFailed:
    return PreviewFailed(**_ids(preview), sentence=sentence[:_LONGEST_SENTENCE], tail=tail)


def _ids(preview: PreviewRequested) -> dict[str, UUID]:
    return preview.model_dump(include={"application_id", "environment_id", "preview_id", "run_id"})


def _nobody_keeps(_fact: Message) -> None:
    """A preview is told whole, when it has ended."""
