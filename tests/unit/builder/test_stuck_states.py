"""One test a row of docs/operations/stacks.md, on a cloud that follows a script."""

from pathlib import Path
from typing import cast
from uuid import uuid4

import pytest

from services.builder.adapters.deployer.errors import StackFailed, StackNotRemoved, StackStuck
from services.builder.adapters.deployer.one_stack import OneStack
from services.builder.adapters.deployer.prepared import Prepared
from services.builder.adapters.deployer.removal import remove_stacks
from services.builder.adapters.deployer.uploads import Uploads
from services.builder.adapters.deployer.watch import Watch
from services.builder.domain.assembly.check import check_assembly
from services.builder.domain.assembly.reach import Owner
from services.builder.domain.assembly.refusals import StackOfAnother
from tests.support.assemblies import AssemblyBuilder, parameter, reach_of, template_of
from tests.support.scripted_cloud import ID, ScriptedCloud, refusal
from trellis_contracts.releases import StackOutputs

OWNER = Owner(uuid4(), uuid4())
OURS = f"trellis-{OWNER.environment_id.hex}-1"
RECORDED = StackOutputs(stack="shop-dev", stack_id=ID, outputs={})


def one_stack(cloud: ScriptedCloud, said: list[str] | None = None) -> OneStack:
    heard: list[str] = [] if said is None else said
    return OneStack(cloud.access, OWNER, Watch(say=heard.append))


def deploy(cloud: ScriptedCloud, said: list[str] | None = None) -> None:
    builder = AssemblyBuilder(reach_of(owner=OWNER))
    builder.stack("shop-dev", template_of(One=parameter()))
    ready = Prepared(check_assembly(builder.listing(), builder.reach), folder=Path("/nowhere"))
    one_stack(cloud, said).deploy(ready.assembly.stacks[0], ready, cast("Uploads", None))


def remove(cloud: ScriptedCloud, said: list[str] | None = None) -> None:
    remove_stacks(one_stack(cloud, said), [RECORDED])


def becomes(cloud: ScriptedCloud, call: str, *states: str) -> None:
    """A call brings the stack into these states, one after the other each time it is made."""
    later = list(states)

    def act() -> None:
        status = later.pop(0) if len(later) > 1 else later[0]
        cloud.states = [status]
        cloud.happen("shop-dev", status)

    cloud.on[call] = act


def cleared(cloud: ScriptedCloud) -> None:
    """The stack goes when it is deleted, and comes when the change set is executed."""
    becomes(cloud, "delete_stack", "DELETE_COMPLETE")

    def made() -> None:
        cloud.states = ["REVIEW_IN_PROGRESS"]

    cloud.on["create_change_set"] = made
    becomes(cloud, "execute_change_set", "CREATE_COMPLETE")


@pytest.mark.parametrize(
    ("token", "who"),
    [
        (OURS, "another run of this environment"),
        ("Console-UpdateStack-1", "the AWS console"),
        ("x", "somebody outside Trellis"),
    ],
    ids=["ours", "console", "other"],
)
@pytest.mark.parametrize("status", ["UPDATE_IN_PROGRESS", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"])
def test_in_progress_is_waited_out_and_the_log_says_who_began_it(
    status: str, token: str, who: str
) -> None:
    cloud = ScriptedCloud(OWNER, status, status, "UPDATE_COMPLETE")
    cloud.happen("shop-dev", status, ClientRequestToken=token)
    becomes(cloud, "execute_change_set", "UPDATE_COMPLETE")
    said: list[str] = []

    deploy(cloud, said)

    assert said == [
        f"Waiting: stack shop-dev is {status} (begun by {who}, since 2026-01-01 00:00:00 UTC)"
    ]
    assert cloud.called("execute_change_set")


def test_in_progress_is_waited_out_before_a_removal() -> None:
    cloud = ScriptedCloud(OWNER, *["UPDATE_ROLLBACK_IN_PROGRESS"] * 2, "UPDATE_ROLLBACK_COMPLETE")
    becomes(cloud, "delete_stack", "DELETE_COMPLETE")
    said: list[str] = []

    remove(cloud, said)

    assert "UPDATE_ROLLBACK_IN_PROGRESS" in said[0]
    assert len(cloud.called("delete_stack")) == 1


@pytest.mark.parametrize(
    "status", ["REVIEW_IN_PROGRESS", "CREATE_FAILED", "ROLLBACK_COMPLETE", "ROLLBACK_FAILED"]
)
def test_what_never_was_good_is_deleted_and_created_anew(status: str) -> None:
    cloud = ScriptedCloud(OWNER, status)
    cleared(cloud)
    said: list[str] = []

    deploy(cloud, said)

    (deleted,) = cloud.called("delete_stack")
    assert deleted["StackName"] == ID
    assert cloud.called("create_change_set")[0]["ChangeSetType"] == "CREATE"
    assert said == [f"Stack shop-dev is {status} and never was good: deleting it"]


@pytest.mark.parametrize("status", ["CREATE_FAILED", "ROLLBACK_COMPLETE", "ROLLBACK_FAILED"])
def test_what_once_was_good_is_never_deleted_by_a_deploy(status: str) -> None:
    cloud = ScriptedCloud(OWNER, status)
    cloud.happen("shop-dev", "CREATE_COMPLETE")

    with pytest.raises(StackFailed, match="only a person"):
        deploy(cloud)

    assert not cloud.called("delete_stack")


def test_a_shell_that_cannot_be_deleted_is_tried_twice_and_then_for_a_person() -> None:
    cloud = ScriptedCloud(OWNER, "ROLLBACK_FAILED")
    becomes(cloud, "delete_stack", "DELETE_FAILED")

    with pytest.raises(StackFailed) as failed:
        deploy(cloud)

    assert failed.value.status == "DELETE_FAILED"
    assert len(cloud.called("delete_stack")) == 2


@pytest.mark.parametrize("status", ["UPDATE_FAILED", "UPDATE_ROLLBACK_COMPLETE"])
def test_a_failed_update_that_can_be_changed_is_updated(status: str) -> None:
    cloud = ScriptedCloud(OWNER, status)
    becomes(cloud, "execute_change_set", "UPDATE_COMPLETE")

    deploy(cloud)

    assert cloud.called("create_change_set")[0]["ChangeSetType"] == "UPDATE"
    assert not cloud.called("delete_stack")


def stuck_cloud(*states: str) -> ScriptedCloud:
    """A stack whose own topic and whose nested queue cannot go back."""
    nested = "arn:aws:cloudformation:eu-west-1:111122223333:stack/shop-dev-Inner-1/2"
    cloud = ScriptedCloud(OWNER, *states)
    cloud.resources[ID] = {
        "Fine": "UPDATE_COMPLETE",
        "Topic": "UPDATE_FAILED",
        nested: "UPDATE_FAILED",
    }
    cloud.resources[nested] = {"Queue": "UPDATE_FAILED"}
    cloud.happen("Topic", "UPDATE_FAILED", "the topic is gone")
    return cloud


def test_update_rollback_failed_is_continued_exactly_once_then_stuck_with_what_blocks_it() -> None:
    cloud = stuck_cloud("UPDATE_ROLLBACK_FAILED")
    becomes(cloud, "continue_update_rollback", "UPDATE_ROLLBACK_FAILED")

    with pytest.raises(StackStuck) as stuck:
        deploy(cloud)

    (continued,) = cloud.called("continue_update_rollback")
    assert "ResourcesToSkip" not in continued
    assert stuck.value.resources == ("Topic", "shop-dev-Inner-1.Queue")
    assert stuck.value.reason == "the topic is gone"


def test_a_deploy_that_ends_in_update_rollback_failed_is_continued_once_then_stuck() -> None:
    cloud = stuck_cloud("UPDATE_COMPLETE")
    becomes(cloud, "execute_change_set", "UPDATE_ROLLBACK_FAILED")
    becomes(cloud, "continue_update_rollback", "UPDATE_ROLLBACK_FAILED")

    with pytest.raises(StackStuck):
        deploy(cloud)

    assert len(cloud.called("continue_update_rollback")) == 1


def test_a_rollback_that_aws_does_not_continue_is_stuck_with_its_reason() -> None:
    cloud = stuck_cloud("UPDATE_ROLLBACK_FAILED")

    def refuse() -> None:
        raise refusal("ValidationError", "not now")

    cloud.on["continue_update_rollback"] = refuse

    with pytest.raises(StackStuck, match="not now"):
        deploy(cloud)


def test_a_person_continues_without_what_they_give_up_and_only_what_is_stuck() -> None:
    cloud = stuck_cloud("UPDATE_ROLLBACK_FAILED")
    becomes(cloud, "continue_update_rollback", "UPDATE_ROLLBACK_COMPLETE")

    one_stack(cloud).free("shop-dev", skip=("Topic",))

    (continued,) = cloud.called("continue_update_rollback")
    assert continued["ResourcesToSkip"] == ["Topic"]
    cloud.states = ["UPDATE_COMPLETE"]
    with pytest.raises(StackFailed, match="not stuck"):
        one_stack(cloud).free("shop-dev", skip=())


def test_a_rollback_that_a_killed_builder_continued_is_waited_for_and_not_continued_twice() -> None:
    cloud = ScriptedCloud(OWNER, *["UPDATE_ROLLBACK_IN_PROGRESS"] * 3, "UPDATE_ROLLBACK_COMPLETE")

    one_stack(cloud).free("shop-dev", skip=("Topic",))

    assert not cloud.called("continue_update_rollback")


def test_what_is_stuck_and_somebody_elses_is_not_continued() -> None:
    cloud = stuck_cloud("UPDATE_ROLLBACK_FAILED")
    cloud.tags = []

    with pytest.raises(StackOfAnother):
        one_stack(cloud).free("shop-dev", skip=("Topic",))

    assert not cloud.called("continue_update_rollback")


def test_credentials_that_may_not_list_resources_do_not_hide_that_it_is_stuck() -> None:
    cloud = stuck_cloud("UPDATE_ROLLBACK_FAILED")
    becomes(cloud, "continue_update_rollback", "UPDATE_ROLLBACK_FAILED")

    def refuse() -> None:
        raise refusal("AccessDenied", "no ListStackResources")

    cloud.on["list_stack_resources"] = refuse

    with pytest.raises(StackStuck, match="the topic is gone") as stuck:
        deploy(cloud)

    assert stuck.value.resources == ()


def test_update_rollback_failed_is_removed_by_a_teardown() -> None:
    cloud = stuck_cloud("UPDATE_ROLLBACK_FAILED")
    becomes(cloud, "delete_stack", "DELETE_COMPLETE")

    remove(cloud)

    assert not cloud.called("continue_update_rollback")


@pytest.mark.parametrize(("found", "deletions"), [("UPDATE_COMPLETE", 2), ("DELETE_FAILED", 1)])
def test_delete_failed_is_deleted_again_once_then_what_remains_is_listed(
    found: str, deletions: int
) -> None:
    cloud = ScriptedCloud(OWNER, found)
    cloud.resources[ID] = {
        "Files": "DELETE_FAILED",
        "Kept": "CREATE_COMPLETE",
        "X": "DELETE_COMPLETE",
    }
    becomes(cloud, "delete_stack", "DELETE_FAILED")

    with pytest.raises(StackNotRemoved, match=r"still there: Files, Kept$"):
        remove(cloud)

    assert len(cloud.called("delete_stack")) == deletions


def test_delete_failed_is_not_deployed_to_and_what_remains_is_listed() -> None:
    cloud = ScriptedCloud(OWNER, "DELETE_FAILED")
    cloud.resources[ID] = {"Files": "DELETE_FAILED"}

    with pytest.raises(StackFailed, match=r"removed half-way \(Files is left\)"):
        deploy(cloud)

    assert not cloud.called("delete_stack")


def test_a_protected_stack_is_not_deleted_and_says_how_to_lift_it() -> None:
    cloud = ScriptedCloud(OWNER, "UPDATE_COMPLETE")
    cloud.protected = True

    with pytest.raises(StackNotRemoved, match="--no-enable-termination-protection"):
        remove(cloud)

    assert not cloud.called("delete_stack")


@pytest.mark.parametrize("at_once", [True, False])
def test_an_export_in_use_keeps_the_stack_and_its_importers_are_named(*, at_once: bool) -> None:
    cloud = ScriptedCloud(OWNER, "UPDATE_COMPLETE")
    cloud.outputs = [{"OutputKey": "K", "OutputValue": "v", "ExportName": "shop:K"}]
    cloud.imports["shop:K"] = ["shop-web"]
    becomes(cloud, "delete_stack", "DELETE_FAILED")

    def refuse() -> None:
        raise refusal("ValidationError", "refused")

    if at_once:
        cloud.on["delete_stack"] = refuse

    with pytest.raises(StackNotRemoved, match="export shop:K is in use by shop-web"):
        remove(cloud)


def test_delete_complete_counts_as_gone_by_its_id() -> None:
    cloud = ScriptedCloud(OWNER, "DELETE_COMPLETE")

    remove(cloud)

    assert cloud.called("describe_stacks")[0]["StackName"] == ID
    assert not cloud.called("delete_stack")


def test_no_updates_are_to_be_performed_is_a_success() -> None:
    cloud = ScriptedCloud(OWNER, "UPDATE_COMPLETE")

    def refuse() -> None:
        raise refusal("ValidationError", "No updates are to be performed.")

    cloud.on["create_change_set"] = refuse

    deploy(cloud)

    assert not cloud.called("execute_change_set")


@pytest.mark.parametrize("call", ["create_change_set", "execute_change_set", "delete_stack"])
def test_a_lost_race_is_waited_out_and_tried_once_more(call: str) -> None:
    cloud = ScriptedCloud(OWNER, "UPDATE_COMPLETE")
    becomes(cloud, "execute_change_set", "UPDATE_COMPLETE")
    becomes(cloud, "delete_stack", "DELETE_COMPLETE")
    act = cloud.on.get(call, lambda: None)

    def refuse_once() -> None:
        cloud.on[call] = act
        cloud.states = [*["UPDATE_IN_PROGRESS"] * 3, "UPDATE_COMPLETE"]
        raise refusal("ValidationError", "no text that tells")

    cloud.on[call] = refuse_once
    said: list[str] = []

    (remove if call == "delete_stack" else deploy)(cloud, said)

    assert len(cloud.called(call)) == 2
    assert "UPDATE_IN_PROGRESS" in said[0]


def test_a_shell_that_another_environment_is_about_to_fill_is_theirs() -> None:
    other = uuid4()
    cloud = ScriptedCloud(OWNER, "REVIEW_IN_PROGRESS")
    cloud.tags, cloud.change_sets = [], [OURS, f"trellis-{other.hex}-1"]

    with pytest.raises(StackOfAnother) as refused:
        deploy(cloud)

    assert f"environment {other}, which is about to make it" in refused.value.reached_for
    assert "another stack name" in refused.value.remedy
    assert "--adopt" not in refused.value.remedy
    assert not cloud.called("delete_stack")


def test_of_two_that_begin_at_once_neither_takes_the_others_change_set_away() -> None:
    cloud = ScriptedCloud(OWNER, "-")
    cloud.tags = []

    def both() -> None:
        cloud.states = ["REVIEW_IN_PROGRESS"]
        cloud.change_sets = [OURS, f"trellis-{uuid4().hex}-1"]

    cloud.on["create_change_set"] = both

    with pytest.raises(StackOfAnother, match="which is about to make it"):
        deploy(cloud)

    assert len(cloud.called("delete_change_set")) == 1
    assert not cloud.called("delete_stack")
    assert not cloud.called("execute_change_set")
