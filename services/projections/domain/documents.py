"""Which documents an event changes: `fold` asks for those it needs and gives the changed ones.

`applications`, `deployments` and `previews` are the views that people see. `hooks` and `commits`
are only remembered: they lead a delivery to its application, and a commit to its message.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol, TypeVar
from uuid import UUID

from services.projections.domain import applications, deployments, previews
from trellis_contracts.applications import ApplicationCreated
from trellis_contracts.changes import StackChanges
from trellis_contracts.deployments import DeployKind, DeployRequested
from trellis_contracts.failing import DeploymentEvent
from trellis_contracts.message import Message, Recorded
from trellis_contracts.names import ApplicationId
from trellis_contracts.previewing import PreviewEvent, PreviewView, preview_id_of
from trellis_contracts.pull_requests import PullRequestChanged
from trellis_contracts.pushes import BranchDeleted, DeliveryIgnored, PushReceived
from trellis_contracts.views import ApplicationView, DeploymentView

VERSION = 3
"""Raise it when any view comes out differently than before: then all are rebuilt."""

_GONE = 1
"""The rank of an application that was deleted: not listed, found by its name while it is free."""

M = TypeVar("M", bound=Message)


class Hook(Message):
    """Whose deliveries come by a hook."""

    application_id: ApplicationId


class Commit(Message):
    """What the pushed commit says of itself, in its first line."""

    message: str


NAMES: dict[type[Message], str] = {
    ApplicationView: "applications",
    DeploymentView: "deployments",
    PreviewView: "previews",
    Hook: "hooks",
    Commit: "commits",
}


@dataclass(frozen=True)
class Document:
    """One document as it is now; `shelf` and `rank` are by what it is listed and in which order.

    `application` is None for what is only remembered.
    """

    key: str
    body: Message
    application: UUID | None = None
    shelf: str = ""
    rank: int = 0


class Recall(Protocol):
    """Gives a document as the events before left it."""

    def __call__(self, kind: type[M], key: str) -> M | None:
        """The document of this kind under this key, or None."""
        ...


def fold(recorded: Recorded, recall: Recall) -> Iterator[Document]:
    """Yield every document that the event changes; none for an event that is not known here."""
    event = recorded.event
    yield from _remembered(event)
    application = _application_of(event, recall)
    if application is not None:
        yield from _application(application, recorded, recall)
    if isinstance(event, DeploymentEvent):
        yield from _deployment(event, recorded, recall)
    if isinstance(event, PreviewEvent):
        yield from _preview(event, recorded, recall)


def _remembered(event: Message) -> Iterator[Document]:
    match event:
        case ApplicationCreated():
            yield Document(event.hook, Hook(application_id=event.application_id))
        case PushReceived():
            for commit in event.commits:
                first, *_ = commit.message.splitlines() or [""]
                yield Document(commit.sha, Commit(message=first))
        case _:
            return


def _application_of(event: Message, recall: Recall) -> ApplicationId | None:
    if isinstance(event, PushReceived | BranchDeleted | PullRequestChanged | DeliveryIgnored):
        hook = recall(Hook, event.hook)
        return hook.application_id if hook else None
    found: ApplicationId | None = getattr(event, "application_id", None)
    return found


def _application(
    application: ApplicationId, recorded: Recorded, recall: Recall
) -> Iterator[Document]:
    before = recall(ApplicationView, str(application))
    after = applications.project(before, recorded)
    if after is not None and after is not before:
        gone = after.deletion is not None and after.deletion.deleted_at is not None
        rank = _GONE if gone else 0
        yield Document(str(application), after, application, shelf=after.name, rank=rank)


def _deployment(event: DeploymentEvent, recorded: Recorded, recall: Recall) -> Iterator[Document]:
    key = str(event.deployment_id)
    before = recall(DeploymentView, key)
    after = deployments.project(before, recorded, _known(event, recall))
    if after is not None and after is not before:
        shelf = str(event.environment_id)
        yield Document(key, after, event.application_id, shelf=shelf, rank=event.number)


def _preview(event: PreviewEvent, recorded: Recorded, recall: Recall) -> Iterator[Document]:
    key = str(event.preview_id)
    before = recall(PreviewView, key)
    after = previews.project(before, recorded)
    if after is not None and after is not before:
        yield Document(key, after, event.application_id, shelf=str(event.environment_id))


def _known(event: DeploymentEvent, recall: Recall) -> deployments.Known:
    sha = deployments.commit_of(event)
    commit = recall(Commit, sha) if sha else None
    return deployments.Known(
        message=commit.message if commit else None,
        rolls_back_to=_rolls_back_to(event, recall),
        stacks=_foreseen(event, recall),
    )


def _foreseen(event: DeploymentEvent, recall: Recall) -> tuple[StackChanges, ...]:
    """What a preview of exactly this content has found, if one was made."""
    if not isinstance(event, DeployRequested):
        return ()
    preview = recall(PreviewView, str(preview_id_of(event.environment_id, event.content)))
    return preview.stacks if preview else ()


def _rolls_back_to(event: DeploymentEvent, recall: Recall) -> int | None:
    if not isinstance(event, DeployRequested) or event.kind is not DeployKind.ROLLBACK:
        return None
    earlier = recall(DeploymentView, str(event.release.deployment_id)) if event.release else None
    return earlier.number if earlier else None
