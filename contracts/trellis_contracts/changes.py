"""What a deployment would change: commits, values and resources, as plain messages."""

from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum

from pydantic import Field

from trellis_contracts.message import Message
from trellis_contracts.names import CommitSha, VariableName
from trellis_contracts.releases import Target

MOST_COMMITS = 50
MOST_RESOURCES = 200
"""Resources of one stack that are listed; the rest is counted."""

MOST_IN_ALL = 400
"""Resources of all stacks that are listed, so that a preview fits into a message."""


class Direction(StrEnum):
    """How a commit stands to the one that runs."""

    SAME = "same"
    FORWARD = "forward"
    BACK = "back"
    APART = "apart"
    """Neither comes from the other, as far back as the history was looked at."""
    FIRST = "first"
    """Nothing runs yet."""
    UNKNOWN = "unknown"


class CommitLine(Message):
    """A commit by the first line of its message, as git has it."""

    sha: CommitSha
    subject: str = Field(max_length=200)


class CommitsBetween(Message):
    """What lies between two commits: brought by a step forward, taken away by a step back.

    Newest first. `more` says that there are others. `detail` is why it is not known.
    """

    since: CommitSha | None = None
    until: CommitSha
    direction: Direction
    commits: tuple[CommitLine, ...] = Field(default=(), max_length=MOST_COMMITS)
    more: bool = False
    detail: str | None = Field(default=None, max_length=512)


class Changed(StrEnum):
    """What became of a value."""

    ADDED = "added"
    CHANGED = "changed"
    REMOVED = "removed"


class ValueChange(Message):
    """A variable or a secret that is not as it was; versions are those of secrets."""

    name: VariableName
    secret: bool = False
    changed: Changed
    before: int | None = None
    after: int | None = None


class ResourceAction(StrEnum):
    """What would become of a resource."""

    ADD = "add"
    MODIFY = "modify"
    MAY_REPLACE = "may replace"
    """It depends on a value that is known only when it happens."""
    REPLACE = "replace"
    REMOVE = "remove"


class ResourceChange(Message):
    """One resource that would change; `loses_data` if what it holds may go with it."""

    logical_id: str = Field(max_length=255)
    type: str = Field(max_length=255)
    action: ResourceAction
    loses_data: bool = False


class StackChanges(Message):
    """What would become of a stack; what would lose data comes first.

    `new`: it would be made; `gone`: it would be removed. `unlisted` counts changes that are left
    out; `unknown` says why nothing can be said of it now.
    """

    stack: str = Field(max_length=128)
    new: bool = False
    gone: bool = False
    changes: tuple[ResourceChange, ...] = Field(default=(), max_length=MOST_RESOURCES)
    unlisted: int = 0
    unknown: str | None = Field(default=None, max_length=1024)


def fitting(stacks: Iterable[StackChanges]) -> tuple[StackChanges, ...]:
    """Give the stacks with as many resources as fit into a message; the rest is counted."""
    room, fitted = MOST_IN_ALL, []
    for stack in stacks:
        shown = stack.changes[:room]
        room -= len(shown)
        left = stack.unlisted + len(stack.changes) - len(shown)
        fitted.append(stack.model_copy(update={"changes": shown, "unlisted": left}))
    return tuple(fitted)


def changed_values(before: Target | None, after: Target | None) -> tuple[ValueChange, ...]:
    """Give the variables and secrets that differ, by name; None: there were none."""
    were, are = (before.variables if before else {}), (after.variables if after else {})
    had, has = (before.secrets if before else {}), (after.secrets if after else {})
    return (
        *(ValueChange(name=name, changed=how) for name, how in _differing(were, are)),
        *(
            ValueChange(
                name=name, secret=True, changed=how, before=had.get(name), after=has.get(name)
            )
            for name, how in _differing(had, has)
        ),
    )


def _differing(
    before: Mapping[str, object], after: Mapping[str, object]
) -> Iterator[tuple[str, Changed]]:
    for name in sorted({*before, *after}):
        if name not in before:
            yield name, Changed.ADDED
        elif name not in after:
            yield name, Changed.REMOVED
        elif before[name] != after[name]:
            yield name, Changed.CHANGED
