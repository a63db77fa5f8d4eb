"""The rules by which a stack is followed, on a cloud that follows a script."""

from pathlib import Path
from typing import cast
from uuid import uuid4

import pytest

from services.builder.adapters.deployer.errors import StackFailed, Stopped
from services.builder.adapters.deployer.one_stack import OneStack
from services.builder.adapters.deployer.operations import Operation
from services.builder.adapters.deployer.prepared import Prepared
from services.builder.adapters.deployer.progress import Progress
from services.builder.adapters.deployer.stacks import Events, Stack
from services.builder.adapters.deployer.uploads import Uploads
from services.builder.adapters.deployer.watch import Watch
from services.builder.domain.assembly.check import check_assembly
from services.builder.domain.assembly.reach import Owner
from tests.support.assemblies import AssemblyBuilder, parameter, reach_of, template_of
from tests.support.scripted_cloud import ID, ScriptedCloud, refusal

OWNER = Owner(uuid4(), uuid4())
STACK = Stack("shop-dev", ID, "UPDATE_COMPLETE", {}, {})


def prepared() -> Prepared:
    builder = AssemblyBuilder(reach_of(owner=OWNER))
    builder.stack("shop-dev", template_of(One=parameter()))
    return Prepared(check_assembly(builder.listing(), builder.reach), folder=Path("/nowhere"))


def deploy(cloud: ScriptedCloud) -> None:
    ready = prepared()
    one = OneStack(cloud.access, OWNER, Watch())
    one.deploy(ready.assembly.stacks[0], ready, cast("Uploads", None))


def ended(cloud: ScriptedCloud, status: str) -> None:
    cloud.happen("shop-dev", status)


def test_a_stuck_rollback_is_continued_once_and_nothing_is_skipped() -> None:
    cloud = ScriptedCloud(
        OWNER,
        "UPDATE_ROLLBACK_FAILED",
        "UPDATE_ROLLBACK_IN_PROGRESS",
        "UPDATE_ROLLBACK_COMPLETE",
    )
    cloud.on["continue_update_rollback"] = lambda: ended(cloud, "UPDATE_ROLLBACK_COMPLETE")
    cloud.on["execute_change_set"] = lambda: became(cloud, "UPDATE_COMPLETE")

    deploy(cloud)

    (continued,) = cloud.called("continue_update_rollback")
    assert "ResourcesToSkip" not in continued
    assert cloud.called("execute_change_set")


def test_a_rollback_that_stays_stuck_is_for_a_person() -> None:
    cloud = ScriptedCloud(OWNER, "UPDATE_ROLLBACK_FAILED")
    cloud.on["continue_update_rollback"] = lambda: ended(cloud, "UPDATE_ROLLBACK_FAILED")

    with pytest.raises(StackFailed, match="UPDATE_ROLLBACK_FAILED"):
        deploy(cloud)

    assert len(cloud.called("continue_update_rollback")) == 1
    assert not cloud.called("create_change_set")


def test_a_deploy_that_ends_stuck_is_continued_once_and_still_failed() -> None:
    cloud = ScriptedCloud(OWNER, "UPDATE_COMPLETE")
    cloud.on["execute_change_set"] = lambda: became(cloud, "UPDATE_ROLLBACK_FAILED")
    cloud.on["continue_update_rollback"] = lambda: became(cloud, "UPDATE_ROLLBACK_COMPLETE")

    with pytest.raises(StackFailed) as failed:
        deploy(cloud)

    assert failed.value.status == "UPDATE_ROLLBACK_COMPLETE"
    assert len(cloud.called("continue_update_rollback")) == 1


def test_a_race_that_was_lost_is_waited_out_and_tried_again() -> None:
    cloud = ScriptedCloud(OWNER, "UPDATE_COMPLETE")
    refused: list[bool] = []

    def refuse_once() -> None:
        if not refused:
            refused.append(True)
            cloud.states = ["UPDATE_IN_PROGRESS", "UPDATE_IN_PROGRESS", "UPDATE_COMPLETE"]
            raise refusal("ValidationError", "is in UPDATE_IN_PROGRESS state")

    cloud.on["create_change_set"] = refuse_once
    cloud.on["execute_change_set"] = lambda: became(cloud, "UPDATE_COMPLETE")

    deploy(cloud)

    assert len(cloud.called("create_change_set")) == 2


def test_every_parameter_goes_with_every_change_set() -> None:
    cloud = ScriptedCloud(OWNER, "UPDATE_COMPLETE")
    cloud.on["execute_change_set"] = lambda: became(cloud, "UPDATE_COMPLETE")

    deploy(cloud)

    (given,) = cloud.called("create_change_set")
    assert not any("UsePreviousValue" in one for one in given["Parameters"])
    assert given["ChangeSetName"].startswith(f"trellis-{OWNER.environment_id.hex}-")
    assert {tag["Key"] for tag in given["Tags"]} == {"trellis:application", "trellis:environment"}
    (executed,) = cloud.called("execute_change_set")
    assert executed["ClientRequestToken"]


def test_a_stack_that_still_looks_as_before_is_not_believed() -> None:
    states = ("UPDATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_IN_PROGRESS")
    cloud = ScriptedCloud(OWNER, *states, "UPDATE_ROLLBACK_COMPLETE")
    operation = Operation(cloud.access, STACK, watch=Watch())
    cloud.happen("shop-dev", "UPDATE_IN_PROGRESS", "User Initiated")
    cloud.happen("Bad", "UPDATE_FAILED", "because")
    later = iter([None, None, "UPDATE_ROLLBACK_COMPLETE"])
    describe = cloud.describe_stacks

    def described(**given: object) -> dict[str, object]:
        if status := next(later, None):
            ended(cloud, status)
        return describe(**given)

    cloud.describe_stacks = described  # type: ignore[method-assign]  # the script itself

    ending = operation.follow()

    assert ending.stack.status == "UPDATE_ROLLBACK_COMPLETE"
    assert (ending.resource, ending.reason) == ("Bad", "because")


@pytest.mark.parametrize("lost", [True, False])
def test_what_runs_is_left_alone_once_the_environment_is_another_runs(*, lost: bool) -> None:
    """It may be the other run's by then. Beside it: what a cancel does."""
    cloud = ScriptedCloud(OWNER, *["UPDATE_IN_PROGRESS"] * 2, "UPDATE_ROLLBACK_COMPLETE")
    watch = Watch(lost=lambda: lost)
    watch.stop.set()
    operation = Operation(cloud.access, STACK, watch=watch, ours=False)

    if lost:
        with pytest.raises(Stopped):
            operation.follow()
    else:
        operation.follow()

    assert len(cloud.called("cancel_update_stack")) == (0 if lost else 1)


def test_the_first_failure_counts_though_all_happened_in_one_millisecond() -> None:
    cloud = ScriptedCloud(OWNER, "UPDATE_ROLLBACK_COMPLETE")
    operation = Operation(cloud.access, STACK, watch=Watch())
    cloud.happen("First", "UPDATE_FAILED", "the cause")
    cloud.happen("Second", "UPDATE_FAILED", "Resource update cancelled")
    cloud.happen("shop-dev", "UPDATE_ROLLBACK_IN_PROGRESS", "failed: [First, Second]")
    ended(cloud, "UPDATE_ROLLBACK_COMPLETE")

    assert operation.follow().resource == "First"


def test_a_failure_of_an_earlier_operation_is_not_this_ones() -> None:
    cloud = ScriptedCloud(OWNER, "UPDATE_COMPLETE")
    cloud.happen("Old", "UPDATE_FAILED", "long ago")
    operation = Operation(cloud.access, STACK, watch=Watch())
    ended(cloud, "UPDATE_COMPLETE")

    ending = operation.follow()

    assert (ending.resource, ending.reason) == (None, None)


def test_the_cause_is_looked_for_inside_a_nested_stack() -> None:
    cloud = ScriptedCloud(OWNER, "ROLLBACK_COMPLETE")
    operation = Operation(cloud.access, STACK, watch=Watch())
    cloud.happen(
        "Nested", "CREATE_FAILED", "Embedded stack was not created",
        ResourceType="AWS::CloudFormation::Stack", PhysicalResourceId="nested-id",
    )  # fmt: skip
    ended(cloud, "ROLLBACK_COMPLETE")
    inner = ScriptedCloud(OWNER, "-")
    inner.happen("Old", "UPDATE_FAILED", "of an earlier update", StackId="nested-id")
    inner.happen("x", "UPDATE_IN_PROGRESS", StackId="nested-id", PhysicalResourceId="nested-id")
    inner.happen("Queue", "CREATE_FAILED", "too long", StackId="nested-id")
    cloud.nested["nested-id"] = inner.events

    ending = operation.follow()

    assert (ending.resource, ending.reason) == ("Queue", "too long")


def test_events_of_many_pages_come_once_and_in_order() -> None:
    cloud = ScriptedCloud(OWNER, "-")
    cloud.page_size = 3
    for n in range(5):
        cloud.happen(f"Before{n}", "UPDATE_COMPLETE")
    events = Events(cloud.access, ID)
    for n in range(7):
        cloud.happen(f"R{n}", "UPDATE_COMPLETE")
    cloud.happen("Foreign", "UPDATE_COMPLETE", StackId="another")

    assert [event.logical_id for event in events.new()] == [f"R{n}" for n in range(7)]
    assert events.new() == []


def test_what_aws_says_of_a_secret_is_hidden_in_progress_and_reason() -> None:
    cloud = ScriptedCloud(OWNER, "ROLLBACK_COMPLETE")
    heard: list[Progress] = []
    operation = Operation(
        cloud.access,
        STACK,
        watch=Watch(on_progress=heard.append),
        hide=lambda text: text.replace("hunter2", "***"),
    )
    cloud.happen("Password", "CREATE_FAILED", "hunter2 is too short")
    ended(cloud, "ROLLBACK_COMPLETE")

    assert operation.follow().reason == "*** is too short"
    assert heard[0].resources[0].reason == "*** is too short"


def became(cloud: ScriptedCloud, status: str) -> None:
    cloud.states = [status]
    ended(cloud, status)
