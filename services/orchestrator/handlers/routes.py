"""Which subject goes where: everything that the orchestrator listens to."""

from dataclasses import dataclass
from typing import cast

from faststream.nats import NatsRouter
from faststream.nats.annotations import NatsMessage

from services.chassis.bus.sending import Bus
from services.chassis.bus.subscribe import on_message, on_question
from services.chassis.streams import ORCHESTRATOR_INBOX
from services.orchestrator.domain.outcomes import Report
from services.orchestrator.domain.remote import Heard
from services.orchestrator.handlers.answering import refuse
from services.orchestrator.handlers.applications import Applications
from services.orchestrator.handlers.branches import Branches
from services.orchestrator.handlers.deliveries import Deliveries
from services.orchestrator.handlers.environments import Environments
from services.orchestrator.handlers.previews import Previews
from services.orchestrator.handlers.pull_requests import PullRequests
from services.orchestrator.handlers.runs import Runs
from trellis_contracts import codec, subjects
from trellis_contracts.applications import ApplicationCommand
from trellis_contracts.asking import Accepted, Asked, RefusalCode, Refused
from trellis_contracts.deployments import EnvironmentCommand, RecordCloudReset
from trellis_contracts.lifecycles import (
    ClassifyEnvironment,
    RemoveEnvironment,
    RepointRepository,
)
from trellis_contracts.message import Message
from trellis_contracts.previewing import (
    PreviewCommand,
    PreviewFailed,
    PreviewMade,
    PreviewOutcome,
)
from trellis_contracts.pushes import Delivered
from trellis_contracts.runs import Heartbeat, HeartbeatAnswer, RunStreamEvent
from trellis_contracts.trials import TrialEnded


@dataclass(frozen=True, kw_only=True)
class Handlers:
    """Who answers what."""

    applications: Applications
    environments: Environments
    runs: Runs
    previews: Previews
    branches: Branches
    deliveries: Deliveries
    pull_requests: PullRequests

    async def command(self, asked: Asked) -> Accepted | Refused:
        """Answer a command."""
        match _read(asked):
            case Refused() as unreadable:
                return unreadable
            case RecordCloudReset() as reset:
                return await self.environments.reset_cloud(reset, asked)
            case command if isinstance(command, ApplicationCommand):
                return await self._change(command, asked)
            case command if isinstance(command, EnvironmentCommand):
                return await self.environments.answer(command, asked)
            case other:
                return await self._preview(other, asked)

    async def _preview(self, command: Message, asked: Asked) -> Accepted | Refused:
        if isinstance(command, PreviewCommand):
            return await self.previews.answer(command, asked)
        return _not_here(asked, "a command")

    async def _change(self, command: ApplicationCommand, asked: Asked) -> Accepted | Refused:
        match command:
            case RemoveEnvironment() | ClassifyEnvironment():
                return await self.environments.settle_idle(command, asked)
            case RepointRepository():
                return await self.branches.repoint(command, asked)
            case _:
                return await self.applications.answer(command, asked)

    async def _take_apart(
        self, fact: PreviewOutcome | TrialEnded, asked: Asked
    ) -> Accepted | Refused:
        """Take what came of a run that held no environment."""
        if isinstance(fact, TrialEnded):
            return await self.applications.answer(fact, asked)
        return await self.previews.take(fact, asked)

    async def fact(self, asked: Asked) -> Accepted | Refused:
        """Answer what a builder reports."""
        match _read(asked):
            case Refused() as unreadable:
                return unreadable
            case seen if isinstance(seen, Heard):
                return await self.branches.take(seen, asked)
            case PreviewMade() | PreviewFailed() | TrialEnded() as apart:
                return await self._take_apart(apart, asked)
            case fact if isinstance(fact, RunStreamEvent):
                return await self.runs.take(fact, asked)
            case fact if isinstance(fact, Report):
                return await self.environments.answer(fact, asked)
            case _:
                return _not_here(asked, "a fact")


def routes(bus: Bus, handlers: Handlers) -> NatsRouter:
    """Build the subscribers of one broker: made anew for each, never shared."""
    router = NatsRouter()

    @on_question(bus, subjects.COMMANDS, router=router)
    async def on_command(body: bytes) -> bytes:
        return codec.encode(await handlers.command(codec.read(Asked, body)))

    @on_question(bus, subjects.FACTS, router=router)
    async def on_fact(body: bytes) -> bytes:
        return codec.encode(await handlers.fact(codec.read(Asked, body)))

    @on_question(bus, subjects.HEARTBEATS, router=router)
    async def on_heartbeat(body: bytes) -> bytes:
        instruction = await handlers.runs.instruct(codec.read(Heartbeat, body))
        return codec.encode(HeartbeatAnswer(instruction=instruction))

    @on_message(bus, ORCHESTRATOR_INBOX, router=router)
    async def on_delivery(body: bytes, message: NatsMessage) -> None:
        delivered = codec.decode(message.headers["Trellis-Type"], 1, body)
        await handlers.deliveries.receive(cast("Delivered", delivered))

    return router


def _read(asked: Asked) -> Message:
    try:
        return codec.decode(asked.type, asked.version, asked.body)
    except codec.UnreadableMessage as unreadable:
        return refuse(asked, "unreadable", str(unreadable), code=RefusalCode.INVALID)


def _not_here(asked: Asked, wanted: str) -> Refused:
    sentence = f"{asked.type} is not {wanted}: nothing here answers it."
    return refuse(asked, "not-answered-here", sentence, code=RefusalCode.INVALID)
