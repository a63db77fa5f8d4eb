"""What a preview found, and what a rollback cannot undo, in words: pure functions to sentences."""

from collections.abc import Iterator, Sequence
from typing import assert_never

from trellis_contracts.changes import (
    Changed,
    CommitsBetween,
    Direction,
    ResourceAction,
    ResourceChange,
    StackChanges,
    ValueChange,
)
from trellis_contracts.deployments import DeployKind
from trellis_contracts.losses import holds_data
from trellis_contracts.previewing import PreviewState, PreviewView
from trellis_contracts.sentences import short

DATA_STAYS = (
    "A rollback brings back stacks, code and the variables of that time. Data that was written or "
    "deleted since does not come back, nor what resources held that were removed or replaced."
)
_LOSS, _EMPTIED = "Data may be lost", "with what it holds."
_WOULD = {
    ResourceAction.ADD: "be added",
    ResourceAction.MODIFY: "be modified",
    ResourceAction.MAY_REPLACE: "be modified, and may be replaced",
    ResourceAction.REPLACE: "be replaced",
    ResourceAction.REMOVE: "be removed",
}


def seen(view: PreviewView) -> Iterator[str]:
    """Say what a preview found: first what would lose data, then commits, values and stacks."""
    match view.state:
        case PreviewState.RUNNING:
            yield "The preview is being made."
        case PreviewState.FAILED:
            yield f"The preview could not be made: {view.failure}"
        case PreviewState.MADE:
            back = view.kind is DeployKind.ROLLBACK
            yield from cannot_undo(view.stacks) if back else _losses(view.stacks)
            if view.commits:
                yield from _commits(view.commits)
            yield from (_value(change) for change in view.values)
            for stack in view.stacks:
                yield from _stack(stack)
        case _:
            assert_never(view.state)


def warns(sentence: str) -> bool:
    """Say whether a sentence of what would change is of a loss, and must not be overlooked."""
    return sentence.startswith(_LOSS) or sentence.endswith(_EMPTIED)


def cannot_undo(stacks: Sequence[StackChanges] = ()) -> tuple[str, ...]:
    """Say what a rollback cannot undo, from what it would change as far as that is known."""
    return (DATA_STAYS, *(sentence for stack in stacks for sentence in _not_undone(stack)))


def _not_undone(stack: StackChanges) -> Iterator[str]:
    for change in stack.changes:
        if change.loses_data:
            yield f"{_named(change, stack)} would {_WOULD[change.action]}, {_EMPTIED}"
        elif change.action is ResourceAction.ADD and holds_data(change.type):
            yield f"{_named(change, stack)} would be made anew, empty."


def _losses(stacks: Sequence[StackChanges]) -> Iterator[str]:
    for stack in stacks:
        for change in stack.changes:
            if change.loses_data:
                would = _WOULD[change.action]
                yield f"{_LOSS}: {_named(change, stack)} would {would}."


def _commits(commits: CommitsBetween) -> Iterator[str]:
    yield _step(commits)
    yield from (f"  {short(one.sha)} {one.subject}" for one in commits.commits)
    if commits.more:
        yield "  … and earlier ones."


def _step(commits: CommitsBetween) -> str:
    since, until = short(commits.since), short(commits.until)
    count = f"{len(commits.commits)}{' or more' if commits.more else ''} commit(s)"
    match commits.direction:
        case Direction.SAME:
            return f"The commit is the one that runs: {until}."
        case Direction.FIRST:
            return f"Nothing runs yet: {until} would be the first commit."
        case Direction.FORWARD:
            return f"From {since} to {until} it brings {count}:"
        case Direction.BACK:
            return f"It is a step back, from {since} to {until}: it takes away {count}:"
        case Direction.APART:
            return f"{until} does not come from {since}, which runs; it brings {count}:"
        case Direction.UNKNOWN:
            return f"What lies between {since} and {until} is not known: {commits.detail}."
        case _ as never:
            assert_never(never)


def _value(change: ValueChange) -> str:
    if change.changed is Changed.CHANGED and change.secret:
        return f"Secret {change.name}: version {change.before} becomes {change.after}."
    what = "Secret" if change.secret else "Variable"
    return f"{what} {change.name} is {change.changed.value}."


def _stack(stack: StackChanges) -> Iterator[str]:
    if stack.unknown:
        yield f"Stack {stack.stack}: what would change is not known: {stack.unknown}"
        return
    if not stack.changes:
        yield f"Stack {stack.stack} would not change."
        return
    would = "be made" if stack.new else "be removed" if stack.gone else "change"
    yield f"Stack {stack.stack} would {would}:"
    for change in stack.changes:
        yield f"  {change.logical_id} ({change.type}) would {_WOULD[change.action]}."
    if stack.unlisted:
        yield f"  … and {stack.unlisted} more."


def _named(change: ResourceChange, stack: StackChanges) -> str:
    return f"{change.logical_id} ({change.type}) of stack {stack.stack}"
