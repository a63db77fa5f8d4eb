"""Asking the application of a test what follows from a command that changes or ends it."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from services.orchestrator.domain.application import ApplicationQuestion, decide, evolve
from services.orchestrator.domain.connected import ApplicationState, NotCreated, Surroundings
from services.orchestrator.domain.slot import Environment
from tests.support.deployments import DEVELOPMENT, PRODUCTION, STAGING, shop
from tests.support.spec import NOW, Given, Spec
from trellis_contracts.applications import ApplicationEvent
from trellis_contracts.message import Message

NOTHING: ApplicationState = NotCreated()
SPEC = Spec(NOTHING, evolve)
EMPTY = {one: Environment() for one in (DEVELOPMENT, STAGING, PRODUCTION)}


def ask(
    command: ApplicationQuestion,
    *,
    names: frozenset[str] = frozenset(),
    held: Mapping[UUID, Environment] = EMPTY,
    asked_at: datetime | None = None,
) -> Callable[[ApplicationState], Sequence[ApplicationEvent]]:
    """Decide `NOW`, with the names that are taken and what the environments hold."""

    def answer(state: ApplicationState) -> Sequence[ApplicationEvent]:
        context = Surroundings(names=names, held=held, asked_at=asked_at)
        return decide(command, state, context=context, now=NOW)

    return answer


def given(*events: Message) -> Given[ApplicationState]:
    """What happened to the shop after it was created."""
    return Given(SPEC, shop(*events))
