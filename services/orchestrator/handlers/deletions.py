"""The reactor that deletes applications: what is to be done follows from state alone.

Somebody asked; from then on the application takes teardowns only. Whatever waits is cancelled,
every environment that may have something in the cloud is torn down, once for each time that
somebody asked, and when nothing is left the deletion is recorded. All ids are derived, so that
neither a restart nor a second look does anything twice.
"""

import asyncio

from services.chassis.logging import get_logger
from services.chassis.unavailable import Unavailable
from services.orchestrator.adapters.routing import Index
from services.orchestrator.domain.connected import Application
from services.orchestrator.domain.slot import Environment, Running
from services.orchestrator.handlers.applications import Applications
from services.orchestrator.handlers.environments import Environments
from trellis_contracts import codec
from trellis_contracts.asking import Asked, Refused
from trellis_contracts.deployments import Cancel, DeployKind, DeployRequested, TearDown
from trellis_contracts.lifecycles import ConcludeDeletion
from trellis_contracts.message import Message
from trellis_contracts.names import ActorId, EnvironmentId, derived_id

_ACTOR: ActorId = "service:orchestrator"
_PAUSE_SECONDS = 1.0


class Deletions:
    """Every application that is on its way out."""

    def __init__(
        self, index: Index, *, applications: Applications, environments: Environments
    ) -> None:
        self._index, self._applications, self._environments = index, applications, environments
        self._news = asyncio.Event()

    def wake(self) -> None:
        """Look again: something happened."""
        self._news.set()

    async def run(self) -> None:
        """Delete what is to be deleted, for as long as the process lives."""
        while True:
            await self._news.wait()
            self._news.clear()
            try:
                await self.go_on()
            except Unavailable as outage:
                get_logger().warning("deletions wait", reason=str(outage))
            except Exception:  # noqa: BLE001 - one deletion must not end the others, nor the process
                get_logger().exception("a deletion failed; it is tried again")
            else:
                continue
            await asyncio.sleep(_PAUSE_SECONDS)
            self.wake()

    async def go_on(self) -> None:
        """Do the next thing for every application that is being deleted.

        Raises:
            Unavailable: the rest is done by the next call.
        """
        for application in self._index.leaving():
            held = {one: await self._environments.state(one) for one in application.environments}
            if all(holds.is_clear for holds in held.values()):
                await self._conclude(application)
                continue
            for environment_id, holds in held.items():
                await self._empty(application, environment_id, holds)

    async def _conclude(self, application: Application) -> None:
        command = ConcludeDeletion(application_id=application.created.application_id)
        asked = _asked(command, command.application_id, application.deletions, "deleted")
        await self._applications.answer(command, asked)

    async def _empty(
        self, application: Application, environment_id: EnvironmentId, holds: Environment
    ) -> None:
        for request in (waiting.request for waiting in holds.waiting):
            if not _removes(request):
                deployment_id = request.deployment_id
                cancel = Cancel(environment_id=environment_id, deployment_id=deployment_id)
                asked = _asked(cancel, deployment_id, "deletion")
                await self._environments.answer(cancel, asked)
        if holds.touched and not _is_being_torn_down(holds):
            await self._tear_down(application, environment_id)

    async def _tear_down(self, application: Application, environment_id: EnvironmentId) -> None:
        name = application.environment(environment_id).name
        command = TearDown(environment_id=environment_id, confirm=name)
        asked = _asked(command, environment_id, application.deletions, "deletion")
        answer = await self._environments.answer(command, asked)
        if isinstance(answer, Refused):
            get_logger().warning("not torn down", environment=name, reason=answer.sentence)


def _is_being_torn_down(holds: Environment) -> bool:
    running = (holds.slot.request,) if isinstance(holds.slot, Running) else ()
    return any(_removes(request) for request in (*running, *(w.request for w in holds.waiting)))


def _removes(request: DeployRequested) -> bool:
    return request.kind is DeployKind.TEARDOWN


def _asked(command: Message, *id_parts: object) -> Asked:
    return codec.asked(command, id_=derived_id(*id_parts), actor=_ACTOR)
