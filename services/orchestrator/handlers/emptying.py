"""Has an environment hold nothing any more: what waits is cancelled, what runs is torn down.

All ids are derived, so that neither a restart nor a second look does anything twice.
"""

from services.chassis.logging import get_logger
from services.orchestrator.domain.own import own
from services.orchestrator.handlers.environments import Environments
from trellis_contracts.asking import Asked, Refused
from trellis_contracts.deployments import Cancel, DeployKind, DeployRequested, TearDown
from trellis_contracts.names import EnvironmentId, EnvironmentName


class Emptying:
    """Empties environments, on behalf of the orchestrator itself."""

    def __init__(self, environments: Environments) -> None:
        """Takes who decides on environments."""
        self._environments = environments

    async def empty(
        self, environment_id: EnvironmentId, name: EnvironmentName, *, occasion: str, turn: int
    ) -> bool:
        """Do the next thing for it, and say whether there is nothing left to do.

        There is one teardown for each `turn` of an `occasion`.
        """
        holds = await self._environments.state(environment_id)
        if holds.is_clear:
            return True
        for request in (waiting.request for waiting in holds.waiting):
            if request.kind is not DeployKind.TEARDOWN:
                await self._cancel(request, occasion)
        if holds.wants_teardown:
            command = TearDown(environment_id=environment_id, confirm=name)
            await self._tear_down(command, own(command, environment_id, turn, occasion))
        return False

    async def _cancel(self, request: DeployRequested, occasion: str) -> None:
        environment_id, deployment_id = request.environment_id, request.deployment_id
        cancel = Cancel(environment_id=environment_id, deployment_id=deployment_id)
        await self._environments.answer(cancel, own(cancel, deployment_id, occasion))

    async def _tear_down(self, command: TearDown, asked: Asked) -> None:
        answer = await self._environments.answer(command, asked)
        if isinstance(answer, Refused):
            name = command.confirm
            get_logger().warning("not torn down", environment=name, reason=answer.sentence)
