"""What follows when a branch has moved: whatever is bound to it is offered the commit."""

from services.chassis.logging import get_logger
from services.orchestrator.adapters.polls import Polls
from services.orchestrator.domain.application import Application
from services.orchestrator.handlers.applications import Applications
from services.orchestrator.handlers.environments import Environments
from trellis_contracts.asking import Accepted, Asked, Refused
from trellis_contracts.deployments import RequestDeploy, Trigger
from trellis_contracts.message import Message
from trellis_contracts.names import EnvironmentId, derived_id
from trellis_contracts.pushes import (
    BranchHeadObserved,
    BranchUnobservable,
    DeliveryId,
    HeadSource,
)


class Branches:
    """The branches of every application."""

    def __init__(
        self, applications: Applications, environments: Environments, polls: Polls
    ) -> None:
        self._applications, self._environments, self._polls = applications, environments, polls

    async def take(
        self, fact: BranchHeadObserved | BranchUnobservable, asked: Asked
    ) -> Accepted | Refused:
        """Record where a branch stands, and deploy it when the remote says that it has moved."""
        answer = await self._applications.answer(fact, asked)
        self._polls.answered(fact.application_id, fact.branch)
        moved = isinstance(answer, Accepted) and type(fact).__name__ in answer.events
        if moved and isinstance(fact, BranchHeadObserved) and fact.source is HeadSource.REMOTE:
            await self.offer(fact, asked, cause=asked.id, delivery=None)
        return answer

    async def offer(
        self, head: BranchHeadObserved, asked: Asked, *, cause: object, delivery: DeliveryId | None
    ) -> tuple[EnvironmentId, ...]:
        """Ask for a deployment wherever the branch deploys, and say where; a repeat asks again.

        A head that was overtaken since is offered to nobody.
        """
        application = await self._applications.state(head.application_id)
        if not isinstance(application, Application) or asked.dry_run:
            return ()
        if application.heads.get(head.branch) != head.commit:
            return ()
        bound = application.bound_to(head.branch)
        for environment_id in bound:
            request = RequestDeploy(
                environment_id=environment_id,
                commit=head.commit,
                branch=head.branch,
                trigger=Trigger.PUSH if delivery else Trigger.HEAD,
                delivery=delivery,
            )
            own = question(request, asked, id_parts=(cause, environment_id))
            answer = await self._environments.answer(request, own)
            if isinstance(answer, Refused):
                get_logger().warning(
                    "push not deployed", environment=str(environment_id), reason=answer.sentence
                )
        return bound


def question(message: Message, asked: Asked, *, id_parts: tuple[object, ...]) -> Asked:
    """Ask something that follows from what was asked, in the same name, under a derived id."""
    return Asked(
        id=derived_id(*id_parts),
        actor=asked.actor,
        type=type(message).__name__,
        body=message.model_dump_json(),
    )
