"""What follows when a branch has moved: whatever is bound to it is offered the commit."""

from datetime import datetime

from services.chassis.logging import get_logger
from services.orchestrator.adapters.questions import Questions
from services.orchestrator.domain.connected import Application
from services.orchestrator.domain.remote import Heard
from services.orchestrator.handlers.applications import Applications
from services.orchestrator.handlers.environments import Environments
from trellis_contracts import codec
from trellis_contracts.asking import Accepted, Asked, Refused
from trellis_contracts.deployments import RequestDeploy, Trigger
from trellis_contracts.lifecycles import RepointRepository
from trellis_contracts.names import BranchName, EnvironmentId, derived_id
from trellis_contracts.pushes import (
    BranchesListed,
    BranchHeadObserved,
    BranchUnobservable,
    PushReceived,
    heads_of,
)


class Branches:
    """The branches of every application."""

    def __init__(
        self, applications: Applications, environments: Environments, questions: Questions
    ) -> None:
        self._applications, self._environments = applications, environments
        self._questions = questions

    async def take(self, fact: Heard, asked: Asked) -> Accepted | Refused:
        """Record where branches stand, and deploy those that moved, as the remote says."""
        if isinstance(fact, BranchHeadObserved | BranchUnobservable):
            asked_at = self._questions.answered(fact.application_id, fact.branch)
            return await self._one(fact, asked, asked_at=asked_at)
        asked_at = self._questions.answered(fact.application_id, fact.pattern)
        answer = await self._applications.answer(fact, asked, asked_at=asked_at)
        if isinstance(fact, BranchesListed):
            await self._each(fact, asked, asked_at=asked_at)
        return answer

    async def _each(
        self, listed: BranchesListed, asked: Asked, *, asked_at: datetime | None
    ) -> None:
        """Take each head of a list that was believed as if its branch was asked for alone."""
        application = await self._applications.state(listed.application_id)
        if not isinstance(application, Application) or listed.pattern not in application.listed:
            return
        for head in heads_of(listed):
            about = codec.asked(head, id_=derived_id(asked.id, head.branch), actor=asked.actor)
            await self._one(head, about, asked_at=asked_at)

    async def _one(
        self,
        fact: BranchHeadObserved | BranchUnobservable,
        asked: Asked,
        *,
        asked_at: datetime | None,
    ) -> Accepted | Refused:
        answer = await self._applications.answer(fact, asked, asked_at=asked_at)
        if isinstance(fact, BranchHeadObserved) and isinstance(answer, Accepted):
            await self.offer(fact, asked, cause=asked.id, news=bool(answer.events))
            if not answer.events:
                await self._ask_again(fact, asked)
        return answer

    async def repoint(self, command: RepointRepository, asked: Asked) -> Accepted | Refused:
        """Clone an application from elsewhere, and have that remote asked where branches stand."""
        answer = await self._applications.answer(command, asked)
        application = await self._applications.state(command.application_id)
        if isinstance(answer, Accepted) and answer.events and isinstance(application, Application):
            for branch in application.followed():
                await self.look(application, branch, cause=derived_id(asked.id, branch))
        return answer

    async def look(self, application: Application, branch: BranchName, *, cause: object) -> None:
        """Have the remote asked where a branch stands."""
        id_ = derived_id(cause, application.created.application_id, "head")
        await self._questions.ask(application, branch, id_)

    async def offer(
        self,
        head: BranchHeadObserved,
        asked: Asked,
        *,
        cause: object,
        push: PushReceived | None = None,
        news: bool = True,
    ) -> tuple[EnvironmentId, ...]:
        """Ask for a deployment wherever the branch deploys, and say where; a repeat asks again.

        A head that was overtaken since is offered to nobody. One that is no news is news to the
        environment of a pull request that was opened since.
        """
        application = await self._applications.state(head.application_id)
        if not isinstance(application, Application) or asked.dry_run:
            return ()
        if application.heads.get(head.branch) != head.commit:
            return ()
        bound = (application.bound_to if news else application.opened_for)(head.branch)
        for environment_id in bound:
            request = _deployment_of(head, environment_id, push)
            id_ = derived_id(cause, environment_id)
            await self._ask(request, codec.asked(request, id_=id_, actor=asked.actor))
        return bound

    async def _ask(self, request: RequestDeploy, asked: Asked) -> None:
        answer = await self._environments.answer(request, asked)
        if isinstance(answer, Refused):
            environment = str(request.environment_id)
            get_logger().warning(
                "push not deployed", environment=environment, reason=answer.sentence
            )

    async def _ask_again(self, fact: BranchHeadObserved, asked: Asked) -> None:
        """The branch moved after the remote was asked: only a newer answer counts."""
        application = await self._applications.state(fact.application_id)
        if not isinstance(application, Application):
            return
        if application.heads.get(fact.branch) != fact.commit:
            await self.look(application, fact.branch, cause=asked.id)


def _deployment_of(
    head: BranchHeadObserved, environment_id: EnvironmentId, push: PushReceived | None
) -> RequestDeploy:
    commits = push.commits if push else ()
    return RequestDeploy(
        environment_id=environment_id,
        commit=head.commit,
        branch=head.branch,
        trigger=Trigger.PUSH if push else Trigger.HEAD,
        delivery=push.delivery if push else None,
        message=next((c.message for c in commits if c.sha == head.commit), None),
        paths=push.paths if push else None,
    )
