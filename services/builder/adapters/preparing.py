"""Makes ready what the steps of a run share: a room, what it was granted, and its log."""

from collections.abc import Callable
from contextlib import AsyncExitStack

from services.builder.adapters.attempt import Attempt, Look
from services.builder.adapters.run_log import RunLog
from services.builder.adapters.workshop import Workshop
from services.builder.domain.run import ids_of
from services.chassis.bus.sending import Bus
from services.chassis.clock import Clock
from trellis_contracts.message import Message
from trellis_contracts.runs import StartRun


async def prepare(
    work: StartRun,
    workshop: Workshop,
    *,
    bus: Bus,
    clock: Clock,
    report: Callable[[Message], None],
    room: AsyncExitStack,
    look: Look | None = None,
    trusted: bool = True,
) -> Attempt:
    """Give the attempt. `look`: it is a preview.

    `room` takes away what it leaves behind; whoever asks ends its log.

    What one that is not `trusted` installs is not kept, nor is anything lent to it.

    Raises:
        SecretNotFound, DiskFull, IsolationMissing
    """
    ids, granted = ids_of(work), await workshop.grant(work)
    log = RunLog(bus, ids, secrets=granted.to_mask(), clock=clock)
    try:
        folder, sandbox = await workshop.room(str(work.run_id), room, trusted=trusted)
    except BaseException:
        await log.end()
        raise

    def seconds_left() -> float:
        return (work.deadline - clock()).total_seconds()

    return Attempt(
        work=work,
        ids=ids,
        conditions=workshop.conditions,
        folder=folder,
        sandbox=sandbox,
        log=log,
        granted=granted,
        report=report,
        seconds_left=seconds_left,
        shop=workshop.shop(folder, room, say=log.say, trusted=trusted),
        look=look,
    )
