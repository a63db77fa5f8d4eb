"""Shows the orchestrator that a run is alive, and hears from its answers what to do."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

from services.builder.adapters.attempt import Attempt, Stop
from services.chassis import tasks
from services.chassis.bus.errors import AnswerFailed
from services.chassis.bus.sending import Bus
from services.chassis.unavailable import Unavailable
from trellis_contracts import codec, subjects
from trellis_contracts.runs import Heartbeat, HeartbeatAnswer, Instruction

_STOPS = {Instruction.CANCEL: Stop.CANCELLED, Instruction.STOP: Stop.STALE}


@asynccontextmanager
async def keep_alive(
    bus: Bus, attempt: Attempt, on_stop: Callable[[Stop], None]
) -> AsyncIterator[None]:
    """Send heartbeats while the block runs; `on_stop` is called when one is answered by a stop."""
    beating = asyncio.create_task(_beat(bus, attempt, on_stop))
    try:
        yield
    finally:
        await tasks.end(beating)


async def _beat(bus: Bus, attempt: Attempt, on_stop: Callable[[Stop], None]) -> None:
    work = attempt.work
    beat = codec.encode(
        Heartbeat(environment_id=work.environment_id, run_id=work.run_id, fence=work.fence)
    )
    while True:
        # Silence is the orchestrator's to judge: it may be restarting.
        with suppress(Unavailable, AnswerFailed):
            answer = codec.read(
                HeartbeatAnswer, await bus.ask(subjects.heartbeat(work.run_id), beat)
            )
            if stop := _STOPS.get(answer.instruction):
                on_stop(stop)
        await asyncio.sleep(attempt.conditions.heartbeat_seconds)
