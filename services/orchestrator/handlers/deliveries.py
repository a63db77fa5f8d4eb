"""The inbox: each delivery is recorded once, and a push offered wherever its branch deploys.

Every step finds out what an earlier attempt has done, so it may be cut anywhere and begun again.
"""

import re
from typing import assert_never

from services.chassis.logging import get_logger
from services.orchestrator.adapters.follower import Follower
from services.orchestrator.adapters.routing import Index
from services.orchestrator.adapters.streams import DELIVERIES, Streams
from services.orchestrator.adapters.turns import Turns
from services.orchestrator.domain import delivery
from services.orchestrator.domain.connected import Application
from services.orchestrator.domain.delivery import Unrouted
from services.orchestrator.domain.heads import is_next
from services.orchestrator.domain.identity import moved_url
from services.orchestrator.handlers.applications import Applications
from services.orchestrator.handlers.branches import Branches
from services.orchestrator.handlers.pull_requests import PullRequests
from trellis_contracts import codec, subjects
from trellis_contracts.applications import CheckReported
from trellis_contracts.asking import Asked, Refused
from trellis_contracts.lifecycles import Mover, RepointRepository
from trellis_contracts.message import Message
from trellis_contracts.names import ActorId, ApplicationId, EnvironmentId, derived_id
from trellis_contracts.pull_requests import PullRequestChanged
from trellis_contracts.pushes import (
    BranchDeleted,
    BranchHeadObserved,
    CheckCompleted,
    Delivered,
    DeliveryIgnored,
    HeadSource,
    PushReceived,
    PushRouted,
    RepositoryRenamed,
)

_NOT_IN_AN_ACTOR = re.compile(r"[^A-Za-z0-9._@-]")


class Deliveries:
    """Everything that a forge has told us."""

    def __init__(
        self,
        streams: Streams,
        index: Index,
        follower: Follower,
        *,
        applications: Applications,
        branches: Branches,
        pull_requests: PullRequests,
    ) -> None:
        self._streams, self._index, self._follower = streams, index, follower
        self._applications, self._branches = applications, branches
        self._pull_requests = pull_requests
        self._turns = Turns()

    async def receive(self, delivered: Delivered) -> None:
        """Record a delivery and do what it is for; one that was dealt with changes nothing."""
        stream = subjects.delivery_stream(delivered.delivery)
        async with self._turns.of(delivered.delivery):
            history = await self._streams.load(DELIVERIES, stream)
            connected = self._connected(delivered)
            events = delivery.decide(delivered, history.state, connected=bool(connected))
            if events:
                await self._tell(delivered, connected)
                await self._record(events[0], delivered, "received", after=history.version)
                history = await self._streams.load(DELIVERIES, stream)
            if isinstance(history.state, Unrouted):
                await self._route(history.state.push, connected, after=history.version)

    async def resume(self) -> None:
        """Route every push that was recorded and not routed, before the bus delivers it again."""
        for push in tuple(self._index.unrouted.values()):
            try:
                await self.receive(push)
            except Exception:  # noqa: BLE001 - one push must not keep the others; the bus has it still
                get_logger().exception("push not routed yet", delivery=push.delivery)

    async def _tell(self, delivered: Delivered, connected: tuple[ApplicationId, ...]) -> None:
        """Have the applications know, before the delivery counts as received: it comes again."""
        match delivered:
            case CheckCompleted():
                await self._report(delivered, connected)
            case RepositoryRenamed():
                await self._follow(delivered, connected)
            case PullRequestChanged() | BranchDeleted():
                await self._pull_requests.hear(delivered, connected, actor=_actor(delivered))
            case PushReceived() | DeliveryIgnored():
                return
            case _:
                assert_never(delivered)

    async def _route(
        self, push: PushReceived, connected: tuple[ApplicationId, ...], *, after: int
    ) -> None:
        offered: list[EnvironmentId] = []
        for application_id in connected:
            offered += await self._offer(push, application_id)
        routed = PushRouted(delivery=push.delivery, environments=tuple(offered))
        await self._record(routed, push, "routed", after=after)

    async def _report(
        self, delivered: CheckCompleted, connected: tuple[ApplicationId, ...]
    ) -> None:
        """Tell every application of the repository what a check says; a repeat is no news."""
        for application_id in connected:
            said = CheckReported(
                application_id=application_id,
                commit=delivered.commit,
                check=delivered.check,
                conclusion=delivered.conclusion,
            )
            asked = _asked(said, delivered, "checked")
            await self._applications.answer(said, asked)

    async def _offer(
        self, push: PushReceived, application_id: ApplicationId
    ) -> tuple[EnvironmentId, ...]:
        application = await self._applications.state(application_id)
        if not isinstance(application, Application):
            return ()
        if not is_next(push, application.heads.get(push.branch)):
            await self._branches.look(application, push.branch, cause=push.delivery)
            return ()
        head = _head_of(push, application_id)
        asked = _asked(head, push, "pushed")
        await self._applications.answer(head, asked)
        return await self._branches.offer(head, asked, cause=push.delivery, push=push)

    async def _follow(
        self, renamed: RepositoryRenamed, connected: tuple[ApplicationId, ...]
    ) -> None:
        for application_id in connected:
            application = await self._applications.state(application_id)
            if isinstance(application, Application):
                command = _following(renamed, application)
                asked = _asked(command, renamed, "renamed")
                answer = await self._applications.answer(command, asked)
                if isinstance(answer, Refused):
                    get_logger().warning("repository not followed", reason=answer.sentence)

    def _connected(self, delivered: Delivered) -> tuple[ApplicationId, ...]:
        if isinstance(delivered, DeliveryIgnored):
            return ()
        found = self._index.connected(delivered.hook, delivered.repository)
        if isinstance(delivered, RepositoryRenamed) and not found:
            return self._index.connected(delivered.hook, delivered.renamed_to)  # followed before
        return found

    async def _record(self, event: Message, delivered: Delivered, step: str, *, after: int) -> None:
        position = await self._streams.append(
            subjects.delivery_stream(delivered.delivery),
            [event],
            after=after,
            actor=_actor(delivered),
            causation=derived_id(delivered.delivery, step),
        )
        await self._follower.reached(position)


def _following(renamed: RepositoryRenamed, application: Application) -> RepointRepository:
    created = application.created
    return RepointRepository(
        application_id=created.application_id,
        repository=moved_url(created.repository, renamed.renamed_to),
        repository_name=renamed.renamed_to,
        why=Mover.FORGE,
    )


def _head_of(push: PushReceived, application_id: ApplicationId) -> BranchHeadObserved:
    return BranchHeadObserved(
        application_id=application_id,
        branch=push.branch,
        commit=push.after,
        source=HeadSource.PUSH,
    )


def _asked(
    message: BranchHeadObserved | CheckReported | RepointRepository,
    delivered: Delivered,
    step: str,
) -> Asked:
    id_ = derived_id(delivered.delivery, message.application_id, step)
    return codec.asked(message, id_=id_, actor=_actor(delivered))


def _actor(delivered: Delivered) -> ActorId:
    login = None
    if isinstance(delivered, PushReceived):
        login = delivered.pusher
    if isinstance(delivered, PullRequestChanged):
        login = delivered.sender
    return f"forge:{_NOT_IN_AN_ACTOR.sub('-', login)[:64]}" if login else "service:ingest"
