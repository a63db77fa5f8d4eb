"""What the builder listens to: work, one piece at a time, and the word that a run is to end."""

from uuid import UUID

from faststream.nats.annotations import NatsMessage

from services.builder.adapters.apart import RunsApart
from services.builder.adapters.attempt import Stop
from services.builder.adapters.errands import PreviewErrand, TrialErrand
from services.builder.adapters.observer import observe
from services.builder.adapters.runner import Runner
from services.builder.adapters.showing import shown
from services.builder.adapters.workshop import Workshop
from services.chassis.bus.sending import Bus
from services.chassis.bus.subscribe import on_broadcast, on_message
from services.chassis.streams import BUILDER_RUNS
from trellis_contracts import codec, subjects
from trellis_contracts.previewing import PreviewRun
from trellis_contracts.runs import ListBranches, ObserveBranch, StartRun
from trellis_contracts.trials import TrialRun


def listen(bus: Bus, runner: Runner, apart: RunsApart, *, workshop: Workshop) -> None:
    """Register the builder's subscribers on its bus."""

    @on_message(bus, BUILDER_RUNS)
    async def take_work(body: bytes, message: NatsMessage) -> None:
        """Work is acknowledged once it was begun (or answered): a redelivery begins nothing."""
        version = int(message.headers.get("Trellis-Version", 1))
        work = codec.decode(message.headers["Trellis-Type"], version, body)
        if isinstance(work, StartRun):
            await runner.take(work)
        elif isinstance(work, PreviewRun):
            await apart.take(PreviewErrand(work.preview))
        elif isinstance(work, TrialRun):
            await apart.take(TrialErrand(work.trial))
        elif isinstance(work, ObserveBranch | ListBranches):
            await observe(bus, workshop, work, id_=UUID(message.headers["Nats-Msg-Id"]))

    @on_broadcast(bus, subjects.CANCELS)
    async def end_run(_body: bytes, message: NatsMessage) -> None:
        """A word that nobody keeps: the answer to the next heartbeat says the same."""
        run = message.raw_message.subject.rpartition(".")[2]
        runner.stop(UUID(run), Stop.CANCELLED)

    @on_broadcast(bus, subjects.BUILDER_CALL)
    async def answer(_body: bytes, message: NatsMessage) -> None:
        """Every builder says what it has, to whoever asks."""
        await message.raw_message.respond(
            codec.encode(await shown(workshop, busy=runner.busy + apart.busy))
        )
