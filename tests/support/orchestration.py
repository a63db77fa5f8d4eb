"""An orchestrator whole, in this process, on a real bus and a real store; and one who asks it."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import cast
from uuid import UUID

from pydantic import TypeAdapter
from starlette.applications import Starlette

from services.chassis.bus.sending import Bus, connect_bus
from services.chassis.clock import Clock, system_clock
from services.chassis.event_store.port import EventStore
from services.chassis.recording import to_recorded
from services.chassis.settings import read_settings
from services.orchestrator.app import Orchestrator, create_app
from services.orchestrator.settings import OrchestratorSettings
from tests.support.deployments import CREATE_SHOP, DEVELOPMENT, A, B
from tests.support.until import until as until_it_holds
from trellis_contracts import codec, subjects
from trellis_contracts.asking import Accepted, Answer, Asked, Refused
from trellis_contracts.message import Message, Recorded
from trellis_contracts.names import new_id
from trellis_contracts.pushes import Delivered, PushReceived

_ANSWER: TypeAdapter[Accepted | Refused] = TypeAdapter(Answer)
_PATIENCE = 15

DEPLOYED = ("DeployRequested", "DeployStarted", "DeploySucceeded")
"""What a deployment that goes well leaves in its environment's stream."""


def crashed() -> None:
    raise AssertionError("a part of the orchestrator crashed: see the log")


def settings_for(folder: Path, url: str, **given: object) -> OrchestratorSettings:
    """The settings of an orchestrator whose store lies in the folder."""
    store = f"sqlite:///{folder / 'events.sqlite'}"
    defaults = {"event_store": store, "poll_seconds": 0.5}
    return read_settings(OrchestratorSettings, data=folder, nats=url, **{**defaults, **given})


@dataclass(frozen=True)
class Asker:
    """Somebody on the bus who asks the orchestrator, delivers pushes, and reads the store."""

    bus: Bus
    app: Starlette

    @property
    def orchestrator(self) -> Orchestrator:
        return cast("Orchestrator", self.app.state.orchestrator)

    async def ask(
        self, command: Message, *, id_: UUID | None = None, dry_run: bool = False
    ) -> Accepted | Refused:
        return await ask(self.bus, command, id_=id_, dry_run=dry_run)

    async def accepted(self, command: Message, *, id_: UUID | None = None) -> Accepted:
        answer = await self.ask(command, id_=id_)
        assert isinstance(answer, Accepted), answer
        return answer

    async def create_shop(self) -> None:
        await self.accepted(CREATE_SHOP)

    async def deliver(self, delivered: Delivered) -> None:
        await deliver(self.bus, delivered)

    async def events(self, stream: str) -> list[Message]:
        return [recorded.event for recorded in await self.recorded(stream)]

    async def recorded(self, stream: str) -> list[Recorded]:
        store: EventStore = self.orchestrator.store
        return [to_recorded(event, previous=None) async for event in store.read_stream(stream)]

    async def names(self, environment: UUID = DEVELOPMENT) -> list[str]:
        stream = subjects.environment_stream(environment)
        return [type(event).__name__ for event in await self.events(stream)]

    async def until(self, *names: str, environment: UUID = DEVELOPMENT) -> None:
        """Wait until these are the environment's newest events."""
        await until(lambda: self._ends_with(names, environment))

    async def until_routed(self, delivery: str, *, patience: float = _PATIENCE) -> None:
        async def is_routed() -> bool:
            events = await self.events(subjects.delivery_stream(delivery))
            return bool(events) and type(events[-1]).__name__ in ("PushRouted", "DeliveryIgnored")

        await until(is_routed, patience=patience)

    async def _ends_with(self, names: tuple[str, ...], environment: UUID) -> bool:
        return (await self.names(environment))[-len(names) :] == list(names)


async def ask(
    bus: Bus, command: Message, *, id_: UUID | None = None, dry_run: bool = False
) -> Accepted | Refused:
    name = type(command).__name__
    asked = Asked(
        id=id_ or new_id(),
        actor="person:ana",
        type=name,
        body=command.model_dump_json(exclude_unset=True),
        dry_run=dry_run,
    )
    return _ANSWER.validate_json(await bus.ask(subjects.command(name), codec.encode(asked)))


async def deliver(bus: Bus, delivered: Delivered) -> None:
    await bus.publish(
        subjects.INBOX,
        codec.encode(delivered),
        headers={"Trellis-Type": type(delivered).__name__},
        message_id=delivered.delivery,
    )


def push(delivery: str, before: str = A, after: str = B, **fields: object) -> PushReceived:
    """A push to the shop's main branch."""
    said = {
        "delivery": delivery,
        "hook": CREATE_SHOP.hook,
        "repository": CREATE_SHOP.repository_name,
        "branch": "main",
        "before": before,
        "after": after,
        "pusher": "ana[bot]",
        **fields,
    }
    return PushReceived.model_validate(said)


async def until(condition: Callable[[], object], *, patience: float = _PATIENCE) -> None:
    """Wait until the condition holds, looking often; fail when it takes too long."""
    await until_it_holds(condition, within=patience, every=0.02)


@asynccontextmanager
async def running_orchestrator(
    folder: Path,
    url: str,
    *,
    clock: Clock = system_clock,
    on_crash: Callable[[], None] = crashed,
    **given: object,
) -> AsyncIterator[Asker]:
    """The orchestrator of a data folder; stopped at the end of the block."""
    app = create_app(settings_for(folder, url, **given), clock=clock, on_crash=on_crash)
    async with app.router.lifespan_context(app):
        bus = await connect_bus(url, service="asker")
        try:
            yield Asker(bus, app)
        finally:
            await bus.stop()
