"""A preview: asked for, then made by a builder or failed; it decides on nothing but itself.

The stream `preview-<id>` holds it. The same content has the same id: what was made lately, for
what the environment still runs, is not made again.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from services.orchestrator.domain.slot import Environment, Live
from trellis_contracts.changes import changed_values
from trellis_contracts.deployments import DeployRequested, Promote, RollBack
from trellis_contracts.message import Message
from trellis_contracts.names import DeploymentId, PreviewId, derived_id
from trellis_contracts.previewing import (
    PreviewCommand,
    PreviewFailed,
    PreviewMade,
    PreviewOutcome,
    PreviewPromotion,
    PreviewRequested,
    preview_id_of,
)
from trellis_contracts.releases import Target

PATIENCE = timedelta(minutes=15)
"""How long a builder may take, the time in its queue included."""

FRESH = timedelta(minutes=10)
"""How long what was made is given again: the cloud may have changed since."""


@dataclass(frozen=True)
class NotAsked:
    """Nobody asked for it yet."""


@dataclass(frozen=True)
class Asked:
    """A builder is to make it, or makes it."""

    request: PreviewRequested


@dataclass(frozen=True)
class Made(Asked):
    """It was made."""

    at: datetime


@dataclass(frozen=True)
class Failed(Asked):
    """It could not be made."""


Preview = NotAsked | Asked


@dataclass(frozen=True, kw_only=True)
class Foreseen:
    """What the deployment would be, in which environment; the values of then and of after."""

    request: DeployRequested
    environment: Environment
    before: Target | None
    after: Target | None

    @property
    def preview_id(self) -> PreviewId:
        """The id that this content always has."""
        return preview_id_of(self.request.environment_id, self.request.content)

    @property
    def current(self) -> DeploymentId | None:
        """The deployment that the environment runs."""
        content = self.environment.content
        return content.success.deployment_id if isinstance(content, Live) else None


def deployment(command: PreviewCommand) -> Promote | RollBack:
    """Give the command that is previewed: what refuses it refuses its preview."""
    if isinstance(command, PreviewPromotion):
        return Promote(environment_id=command.environment_id, source=command.source)
    return RollBack(environment_id=command.environment_id, deployment_id=command.deployment_id)


def evolve(state: Preview, event: Message, *, at: datetime) -> Preview:
    """Give the state after the event; one of an earlier attempt changes nothing."""
    match event, state:
        case PreviewRequested(), _:
            return Asked(event)
        case PreviewMade(), Asked(request) if event.run_id == request.run_id:
            return Made(request, at)
        case PreviewFailed(), Asked(request) if event.run_id == request.run_id:
            return Failed(request)
        case _:
            return state


def decide(wanted: Foreseen, state: Preview, *, now: datetime) -> list[PreviewRequested]:
    """Ask a builder; nothing where one is at it, or has made it lately for what runs now."""
    if isinstance(state, Asked) and _still_good(wanted, state, now):
        return []
    attempt = state.request.attempt + 1 if isinstance(state, Asked) else 1
    request, running = wanted.request, wanted.current is not None
    return [
        PreviewRequested(
            application_id=request.application_id,
            environment_id=request.environment_id,
            preview_id=wanted.preview_id,
            run_id=derived_id(wanted.preview_id, attempt),
            attempt=attempt,
            kind=request.kind,
            target=request.target,
            content=request.content,
            commit=request.commit,
            branch=request.branch,
            source=request.source,
            release=request.release,
            current=wanted.current,
            previous=wanted.environment.release if running else None,
            values=changed_values(wanted.before, wanted.after),
            deadline=now + PATIENCE,
        )
    ]


def end(fact: PreviewOutcome, state: Preview) -> list[PreviewOutcome]:
    """Take how it ended, once; of an attempt that nobody waits for any more, nothing."""
    waits = type(state) is Asked and state.request.run_id == fact.run_id
    return [fact] if waits else []


def late(request: PreviewRequested, now: datetime) -> PreviewFailed | None:
    """Give the end of a preview that no builder ended in time."""
    if now < request.deadline:
        return None
    ids = request.model_dump(include={"application_id", "environment_id", "preview_id", "run_id"})
    minutes = round(PATIENCE.total_seconds() / 60)
    sentence = (
        f"No builder made the preview within {minutes} minutes: see that one is up "
        "(`trellis builders`), then ask again."
    )
    return PreviewFailed(**ids, sentence=sentence)


def _still_good(wanted: Foreseen, state: Asked, now: datetime) -> bool:
    if isinstance(state, Failed) or state.request.current != wanted.current:
        return False
    return now < (state.at + FRESH if isinstance(state, Made) else state.request.deadline)
