"""What a preview found, and what a rollback cannot undo, is told in plain words."""

from datetime import UTC, datetime

from tests.support.deployments import A, B
from tests.support.golden import sample
from trellis_contracts.changes import (
    Changed,
    CommitLine,
    CommitsBetween,
    Direction,
    ResourceAction,
    ResourceChange,
    StackChanges,
    ValueChange,
)
from trellis_contracts.deployments import DeployKind
from trellis_contracts.foreseeing import DATA_STAYS, cannot_undo, seen
from trellis_contracts.previewing import PreviewState, PreviewView

ORDERS = ResourceChange(
    logical_id="Orders",
    type="AWS::DynamoDB::Table",
    action=ResourceAction.REMOVE,
    loses_data=True,
)
BUCKET = ResourceChange(logical_id="Files", type="AWS::S3::Bucket", action=ResourceAction.ADD)
CODE = ResourceChange(logical_id="Code", type="AWS::Lambda::Function", action=ResourceAction.MODIFY)
STACK = StackChanges(stack="shop-staging", changes=(ORDERS, CODE, BUCKET), unlisted=2)
COMMITS = CommitsBetween(
    since=A,
    until=B,
    direction=Direction.FORWARD,
    commits=(CommitLine(sha=B, subject="Add files"),),
    more=True,
)


def view(**given: object) -> PreviewView:
    fixed = PreviewView.model_validate(sample(PreviewView) | {"failure": None, "tail": ()})
    made = {
        "state": PreviewState.MADE,
        "kind": DeployKind.PROMOTE,
        "ended_at": datetime(2026, 1, 1, tzinfo=UTC),
        "commits": COMMITS,
        "values": (),
        "stacks": (STACK,),
    }
    return fixed.model_copy(update={**made, **given})


def test_what_would_lose_data_is_said_first_then_commits_values_and_stacks() -> None:
    values = (
        ValueChange(name="MOTTO", changed=Changed.ADDED),
        ValueChange(name="PIN", secret=True, changed=Changed.CHANGED, before=1, after=2),
    )
    assert list(seen(view(values=values))) == [
        "Data may be lost: Orders (AWS::DynamoDB::Table) of stack shop-staging would be removed.",
        "From aaaaaaa to bbbbbbb it brings 1 or more commit(s):",
        "  bbbbbbb Add files",
        "  … and earlier ones.",
        "Variable MOTTO is added.",
        "Secret PIN: version 1 becomes 2.",
        "Stack shop-staging would change:",
        "  Orders (AWS::DynamoDB::Table) would be removed.",
        "  Code (AWS::Lambda::Function) would be modified.",
        "  Files (AWS::S3::Bucket) would be added.",
        "  … and 2 more.",
    ]


def test_a_step_back_and_a_commit_from_elsewhere_are_said_to_be() -> None:
    back = COMMITS.model_copy(update={"direction": Direction.BACK})
    apart = COMMITS.model_copy(update={"direction": Direction.APART})

    assert "It is a step back, from aaaaaaa to bbbbbbb" in "\n".join(seen(view(commits=back)))
    assert "bbbbbbb does not come from aaaaaaa" in "\n".join(seen(view(commits=apart)))


def test_a_stack_of_which_nothing_is_known_says_why_and_one_that_stays_says_so() -> None:
    stacks = (StackChanges(stack="a", unknown="it is busy"), StackChanges(stack="b"))
    told = list(seen(view(stacks=stacks)))

    assert told[-2:] == [
        "Stack a: what would change is not known: it is busy",
        "Stack b would not change.",
    ]


def test_one_that_is_being_made_or_failed_says_so() -> None:
    assert list(seen(view(state=PreviewState.RUNNING))) == ["The preview is being made."]
    assert list(seen(view(state=PreviewState.FAILED, failure="npm said no"))) == [
        "The preview could not be made: npm said no"
    ]


def test_a_rollback_says_that_data_stays_whatever_is_known() -> None:
    assert cannot_undo() == (DATA_STAYS,)


def test_a_rollback_names_what_goes_with_its_data_and_what_comes_back_empty() -> None:
    assert cannot_undo((STACK,)) == (
        DATA_STAYS,
        "Orders (AWS::DynamoDB::Table) of stack shop-staging would be removed, with what it holds.",
        "Files (AWS::S3::Bucket) of stack shop-staging would be made anew, empty.",
    )
    assert next(iter(seen(view(kind=DeployKind.ROLLBACK)))) == DATA_STAYS
