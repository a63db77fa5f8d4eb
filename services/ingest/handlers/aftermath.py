"""What follows in the directory and the secrets store from what happened to an application.

Each event is delivered until it was dealt with, maybe more than once, and a repeat changes nothing.
"""

from typing import TypeVar

from faststream.nats import NatsRouter
from faststream.nats.annotations import NatsMessage

from services.chassis.bus.sending import Bus
from services.chassis.bus.subscribe import on_message
from services.chassis.logging import get_logger
from services.chassis.secrets.paths import application_prefix, environment_prefix
from services.chassis.secrets.port import SecretsStore
from services.chassis.streams import INGEST_DELETIONS, INGEST_MOVES, INGEST_REMOVALS
from services.ingest.adapters.hooks import Hooks
from trellis_contracts import codec
from trellis_contracts.lifecycles import ApplicationDeleted, EnvironmentRemoved, RepositoryMoved
from trellis_contracts.message import Message

Event = TypeVar("Event", bound=Message)


class Aftermath:
    """Keeps hooks and secrets as the history says."""

    def __init__(self, hooks: Hooks, secrets: SecretsStore) -> None:
        """Takes who knows the hooks, and where values are kept."""
        self._hooks, self._secrets = hooks, secrets

    async def moved(self, event: RepositoryMoved) -> None:
        """Have the application's hook speak of the repository that it is cloned from."""
        hook = await self._hooks.of(event.application_id)
        if hook is not None and hook.repository != event.repository_name:
            await self._hooks.move(hook.id, event.repository_name)

    async def removed(self, event: EnvironmentRemoved) -> None:
        """Remove the secrets and credentials of an environment that is gone."""
        prefix = environment_prefix(event.application_id, event.environment_id)
        paths = await self._secrets.remove(prefix)
        get_logger().info("secrets removed", environment=str(event.environment_id), paths=paths)

    async def deleted(self, event: ApplicationDeleted) -> None:
        """Remove everything that was kept for an application that is gone, its hook at last."""
        paths = await self._secrets.remove(application_prefix(event.application_id))
        hook = await self._hooks.of(event.application_id)
        if hook is not None:
            await self._hooks.remove(hook.id)
        get_logger().info("secrets removed", application=event.name, paths=paths)


def aftermath_routes(bus: Bus, aftermath: Aftermath) -> NatsRouter:
    """Build the subscribers of one broker: made anew for each, never shared."""
    router = NatsRouter()

    @on_message(bus, INGEST_MOVES, router=router)
    async def on_moved(body: bytes, message: NatsMessage) -> None:
        await aftermath.moved(_event(RepositoryMoved, body, message))

    @on_message(bus, INGEST_REMOVALS, router=router)
    async def on_removed(body: bytes, message: NatsMessage) -> None:
        await aftermath.removed(_event(EnvironmentRemoved, body, message))

    @on_message(bus, INGEST_DELETIONS, router=router)
    async def on_deleted(body: bytes, message: NatsMessage) -> None:
        await aftermath.deleted(_event(ApplicationDeleted, body, message))

    return router


def _event(cls: type[Event], body: bytes, message: NatsMessage) -> Event:
    event = codec.from_headers(dict(message.headers), body).event
    if not isinstance(event, cls):
        raise codec.UnknownMessage(type(event).__name__)
    return event
