"""Which changes may take data with them."""

import pytest

from trellis_contracts.changes import (
    MOST_IN_ALL,
    MOST_RESOURCES,
    ResourceAction,
    ResourceChange,
    StackChanges,
    fitting,
)
from trellis_contracts.losses import change_of, holds_data, ordered


def change(name: str, type_: str, action: ResourceAction) -> ResourceChange:
    return change_of(name, type_, action, policy=None)


@pytest.mark.parametrize(
    ("type_", "holds"),
    [
        ("AWS::S3::Bucket", True),
        ("AWS::DynamoDB::Table", True),
        ("AWS::RDS::DBInstance", True),
        ("AWS::RDS::DBCluster", True),
        ("AWS::RDS::DBSubnetGroup", False),
        ("AWS::RDS::DBParameterGroup", False),
        ("AWS::S3::BucketPolicy", False),
        ("AWS::Lambda::Function", False),
        ("AWS::CloudFormation::Stack", True),
    ],
)
def test_databases_buckets_and_tables_hold_data(type_: str, *, holds: bool) -> None:
    assert holds_data(type_) is holds


@pytest.mark.parametrize(
    ("action", "policy", "loses"),
    [
        (ResourceAction.REMOVE, None, True),
        (ResourceAction.REMOVE, "Delete", True),
        (ResourceAction.REMOVE, "Retain", False),
        (ResourceAction.REMOVE, "Snapshot", False),
        (ResourceAction.REPLACE, "ReplaceAndDelete", True),
        (ResourceAction.REPLACE, "ReplaceAndRetain", False),
        (ResourceAction.MAY_REPLACE, None, True),
        (ResourceAction.MODIFY, None, False),
        (ResourceAction.ADD, None, False),
    ],
)
def test_what_goes_or_is_replaced_loses_data_unless_it_is_kept(
    action: ResourceAction, policy: str | None, *, loses: bool
) -> None:
    assert change_of("Orders", "AWS::DynamoDB::Table", action, policy=policy).loses_data is loses


def test_what_loses_data_comes_first_then_what_goes_then_the_rest() -> None:
    found = [
        change("A", "AWS::Lambda::Function", ResourceAction.MODIFY),
        change("B", "AWS::Lambda::Function", ResourceAction.REMOVE),
        change("Z", "AWS::S3::Bucket", ResourceAction.REPLACE),
    ]

    assert [one.logical_id for one in ordered(found)] == ["Z", "B", "A"]


def test_a_preview_of_many_stacks_fits_into_a_message_and_counts_the_rest() -> None:
    one = change("L" * 255, "AWS::Lambda::Function", ResourceAction.MODIFY)
    stacks = [StackChanges(stack=f"s{n}", changes=(one,) * MOST_RESOURCES) for n in range(5)]

    fitted = fitting(stacks)

    assert sum(len(stack.changes) for stack in fitted) == MOST_IN_ALL
    assert sum(len(stack.changes) + stack.unlisted for stack in fitted) == 5 * MOST_RESOURCES
    assert sum(len(stack.model_dump_json()) for stack in fitted) < 512 * 1024
