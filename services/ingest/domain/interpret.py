"""A delivery whose signature was right → what it means to Trellis, or why it means nothing."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, assert_never

from pydantic import ValidationError

from services.ingest.domain.payloads import (
    About,
    Checked,
    Commit,
    PullRequestEvent,
    Push,
    RepositoryChange,
    Status,
)
from trellis_contracts.message import Message
from trellis_contracts.names import HookId, RepositoryName
from trellis_contracts.pull_requests import PullRequestChanged
from trellis_contracts.pushes import (
    NO_COMMIT,
    BranchDeleted,
    CheckCompleted,
    Delivered,
    DeliveryId,
    DeliveryIgnored,
    Ignorance,
    PushedCommit,
    PushReceived,
    RepositoryRenamed,
)
from trellis_contracts.rules import CheckConclusion, skip_word

MOST_COMMITS: Final = 100
"""The newest that are kept of a push. Written at its longest, a commit of ours takes 4 KiB, so
that no message passes 512 KiB."""

_LONGEST_TITLE = 512
_LONGEST_PATHS = 64 * 1024
_LONGEST_EVENT = 64
_CONCLUSIONS: Mapping[str, CheckConclusion] = MappingProxyType(
    {
        **dict.fromkeys(("success", "neutral", "skipped"), CheckConclusion.PASSED),
        **dict.fromkeys(
            ("failure", "cancelled", "timed_out", "action_required", "startup_failure", "stale"),
            CheckConclusion.FAILED,
        ),
    }
)
"""https://docs.github.com/en/rest/checks/runs: what a completed check run may conclude."""

_STATES: Mapping[str, CheckConclusion] = MappingProxyType(
    {
        "success": CheckConclusion.PASSED,
        "failure": CheckConclusion.FAILED,
        "error": CheckConclusion.FAILED,
    }
)
_MOVES = frozenset({"opened", "reopened", "synchronize", "closed"})
"""https://docs.github.com/en/webhooks/webhook-events-and-payloads#pull_request"""

_BRANCH = "refs/heads/"
_TAG = "refs/tags/"
_NAME = re.compile(r"[\w-][\w.-]{0,99}/(?!\.{1,2}$)[\w.-]{1,100}", re.ASCII)
"""What becomes a part of a clone URL leads nowhere else."""


class Delivery(Message):
    """The envelope of a webhook call: which hook it came by, and what that hook may speak of."""

    id: DeliveryId
    event: str
    hook: HookId
    repository: RepositoryName


@dataclass(frozen=True)
class Mismatched:
    """The hook belongs to another repository than the one that the delivery speaks of."""

    named: str


@dataclass(frozen=True)
class Unprocessable:
    """The delivery cannot be what GitHub sends; `reason` never repeats a value of it."""

    reason: str


Interpretation = Delivered | Mismatched | Unprocessable
Payload = Push | PullRequestEvent | Checked | Status | RepositoryChange | About


def interpret(
    delivery: Delivery, payload: Payload, *, connected: Callable[[str], bool]
) -> Interpretation:
    """Say what a delivery means. Total: whatever it says, it means one of these.

    `connected` says of a repository that is not the hook's own whether it is another hook's.
    """
    if isinstance(payload, RepositoryChange) and _is_of(payload.old_name, delivery):
        return _repository_renamed(delivery, payload)
    named = payload.repository.full_name if payload.repository else None
    if named is not None and not _is_of(named, delivery):
        if connected(named):
            return Mismatched(named)
        return _ignored(delivery, Ignorance.NO_APPLICATION)
    return _meaning(delivery, payload)


def _meaning(delivery: Delivery, payload: Payload) -> Interpretation:
    match payload:
        case Push():
            return _interpret_push(delivery, payload)
        case PullRequestEvent():
            return _pull_request(delivery, payload)
        case Checked() | Status():
            return _interpret_check(delivery, payload)
        case About() | RepositoryChange():
            ping = delivery.event == "ping"
            return _ignored(delivery, Ignorance.PING if ping else Ignorance.EVENT_NOT_USED)
        case _ as never:
            assert_never(never)


def _is_of(repository: str | None, delivery: Delivery) -> bool:
    return repository is not None and repository.casefold() == delivery.repository.casefold()


def _repository_renamed(delivery: Delivery, change: RepositoryChange) -> Interpretation:
    """The forge has moved the hook along, so its deliveries speak of the new name from now on."""
    name = change.repository.full_name if change.repository else ""
    if not _NAME.fullmatch(name):
        return Unprocessable("repository.full_name: no name of a repository")
    return RepositoryRenamed(
        delivery=delivery.id,
        hook=delivery.hook,
        repository=delivery.repository,
        renamed_to=name,
    )


def _interpret_push(delivery: Delivery, push: Push) -> Interpretation:
    if push.ref.startswith(_TAG):
        return _ignored(delivery, Ignorance.TAG)
    if not push.ref.startswith(_BRANCH):
        return _ignored(delivery, Ignorance.EVENT_NOT_USED)
    try:
        if push.deleted or push.after == NO_COMMIT:
            return _branch_deleted(delivery, push)
        return _push_received(delivery, push)
    except ValidationError as refused:
        return Unprocessable(why(refused))


def _pull_request(delivery: Delivery, payload: PullRequestEvent) -> Interpretation:
    """What neither moves, opens nor closes it is not used: labels, reviews, its title."""
    if payload.action not in _MOVES:
        return _ignored(delivery, Ignorance.PULL_REQUEST_UNMOVED)
    request = payload.pull_request
    base = request.base.repo
    own = not request.is_foreign and base is not None and _is_of(base.full_name, delivery)
    try:
        return PullRequestChanged(
            delivery=delivery.id,
            hook=delivery.hook,
            repository=delivery.repository,
            number=request.number,
            open=request.state == "open",
            foreign=not own,
            branch=request.head.ref,
            commit=request.head.sha,
            updated_at=request.updated_at,
            sender=payload.sender.login if payload.sender else None,
        )
    except ValidationError as refused:
        return Unprocessable(why(refused))


def _interpret_check(delivery: Delivery, payload: Checked | Status) -> Interpretation:
    if isinstance(payload, Status):
        conclusion = _STATES.get(payload.state)
        return _check(delivery, payload.sha, check=payload.context, conclusion=conclusion)
    run = payload.check_run
    conclusion = _CONCLUSIONS.get(run.conclusion or "")
    return _check(delivery, run.head_sha, check=run.name, conclusion=conclusion)


def _check(
    delivery: Delivery, commit: str, *, check: str, conclusion: CheckConclusion | None
) -> Interpretation:
    """What is not over yet says nothing: who waits for it goes on waiting."""
    if conclusion is None:
        return _ignored(delivery, Ignorance.CHECK_NOT_OVER)
    try:
        return CheckCompleted(
            delivery=delivery.id,
            hook=delivery.hook,
            repository=delivery.repository,
            commit=commit,
            check=check,
            conclusion=conclusion,
        )
    except ValidationError as refused:
        return Unprocessable(why(refused))


def _branch_deleted(delivery: Delivery, push: Push) -> BranchDeleted:
    return BranchDeleted(
        delivery=delivery.id,
        hook=delivery.hook,
        repository=delivery.repository,
        branch=push.ref.removeprefix(_BRANCH),
        before=push.before,
    )


def _push_received(delivery: Delivery, push: Push) -> PushReceived:
    commits = push.commits or ()
    return PushReceived(
        delivery=delivery.id,
        hook=delivery.hook,
        repository=delivery.repository,
        branch=push.ref.removeprefix(_BRANCH),
        before=push.before,
        after=push.after,
        forced=bool(push.forced),
        pusher=push.sender.login if push.sender else None,
        commits=tuple(_commit(commit) for commit in commits[-MOST_COMMITS:]),
        commits_cut=len(commits) > MOST_COMMITS,
        paths=_paths(push, commits),
    )


def _paths(push: Push, commits: tuple[Commit, ...]) -> tuple[str, ...] | None:
    """What the push changed; None when its commits do not tell it whole."""
    if push.created or push.forced or not commits:
        return None
    named = [(commit.added, commit.removed, commit.modified) for commit in commits]
    if any(paths is None for of_commit in named for paths in of_commit):
        return None
    paths = {path for of_commit in named for some in of_commit for path in some or ()}
    length = sum(len(path.encode("utf-8", "replace")) for path in paths)
    return tuple(sorted(paths)) if length <= _LONGEST_PATHS else None


def _commit(commit: Commit) -> PushedCommit:
    return PushedCommit(
        sha=commit.id,
        message=_shortened(commit.message),
        author=commit.author.username if commit.author else None,
    )


def _shortened(message: str) -> str:
    """Keep the beginning, and the word by which the rest asks not to be deployed."""
    kept, word = message[:_LONGEST_TITLE], skip_word(message)
    if word is None or skip_word(kept):
        return kept
    end = f" … {word}"
    return kept[: _LONGEST_TITLE - len(end)] + end


def _ignored(delivery: Delivery, reason: Ignorance) -> DeliveryIgnored:
    return DeliveryIgnored(
        delivery=delivery.id,
        hook=delivery.hook,
        event=delivery.event[:_LONGEST_EVENT],
        reason=reason,
    )


def why(refused: ValidationError) -> str:
    """Say which fields were refused and why, without the values."""
    found = refused.errors(include_url=False, include_input=False, include_context=False)[:5]
    return "; ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['type']}" for fault in found)
