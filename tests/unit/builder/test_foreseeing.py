"""A preview takes back what it made, and nothing else, whatever the stack does meanwhile."""

from pathlib import Path
from uuid import uuid4

import pytest

from services.builder.adapters.deployer.foreseeing import Foresight
from services.builder.adapters.deployer.prepared import Prepared
from services.builder.adapters.deployer.stacks import change_set_prefix
from services.builder.adapters.deployer.uploads import Uploads
from services.builder.adapters.deployer.watch import Watch
from services.builder.domain.assembly.checked import CheckedAssembly, CheckedStack
from services.builder.domain.assembly.reach import Owner
from tests.support.assemblies import reach_of
from tests.support.scripted_cloud import ID, ScriptedCloud, refusal
from trellis_contracts.changes import StackChanges

OWNER = Owner(uuid4(), uuid4())
STACK = CheckedStack(name="shop-dev", template="{}", parameters={}, secrets={}, assets=())


def foresee(cloud: ScriptedCloud, stack: CheckedStack = STACK) -> StackChanges:
    assembly = CheckedAssembly(
        framework="cloudformation",
        framework_version="1",
        reach=reach_of(owner=OWNER),
        stacks=(stack,),
    )
    uploads = Uploads(cloud.access, "bucket", "111122223333")
    foresight = Foresight(cloud.access, OWNER, Watch(), uploads)
    return foresight.change(stack, Prepared(assembly, Path("nowhere")))


def test_a_change_set_of_a_stack_that_is_there_is_deleted_and_nothing_else() -> None:
    cloud = ScriptedCloud(OWNER, "UPDATE_COMPLETE")

    foresee(cloud)

    (made,) = cloud.called("create_change_set")
    assert str(made["ChangeSetName"]).startswith(change_set_prefix(OWNER))
    assert [call for call, _ in cloud.calls if call.startswith(("delete", "execute"))] == [
        "delete_change_set"
    ]


def test_the_shell_of_a_new_stack_is_deleted_by_its_id() -> None:
    cloud = ScriptedCloud(OWNER, "-", "REVIEW_IN_PROGRESS")

    assert foresee(cloud).new

    assert cloud.called("delete_stack") == [{"StackName": ID}]
    assert not cloud.called("execute_change_set")


@pytest.mark.parametrize("meanwhile", ["CREATE_IN_PROGRESS", "CREATE_COMPLETE"])
def test_a_new_stack_that_a_deployment_began_to_make_meanwhile_stays(meanwhile: str) -> None:
    cloud = ScriptedCloud(OWNER, "-", meanwhile)

    foresee(cloud)

    assert cloud.called("delete_change_set")
    assert not cloud.called("delete_stack")


def test_a_shell_that_holds_another_change_set_stays() -> None:
    cloud = ScriptedCloud(OWNER, "-", "REVIEW_IN_PROGRESS")
    cloud.change_sets = [f"{change_set_prefix(OWNER)}of-a-deployment"]

    foresee(cloud)

    assert not cloud.called("delete_stack")


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ("UPDATE_IN_PROGRESS", "something changes it now"),
        ("ROLLBACK_COMPLETE", "it never was good"),
        ("UPDATE_ROLLBACK_FAILED", "its rollback is stuck"),
        ("DELETE_FAILED", "its removal failed half-way"),
    ],
)
def test_a_state_in_which_nothing_can_be_said_is_named(status: str, said: str) -> None:
    cloud = ScriptedCloud(OWNER, status)

    unknown = foresee(cloud).unknown

    assert unknown is not None
    assert status in unknown
    assert said in unknown
    assert not cloud.called("create_change_set")


def test_what_aws_refuses_is_said_of_the_stack_without_a_secret() -> None:
    cloud = ScriptedCloud(OWNER, "UPDATE_COMPLETE")

    def refuse() -> None:
        raise refusal("ValidationError", "No export named shop:Table found.")

    cloud.on["create_change_set"] = refuse

    assert foresee(cloud).unknown == "No export named shop:Table found."


def test_a_change_set_that_a_deployment_swept_away_is_told_as_such() -> None:
    cloud = ScriptedCloud(OWNER, "UPDATE_COMPLETE")

    def gone() -> None:
        raise refusal("ChangeSetNotFound", "ChangeSet [x] does not exist")

    cloud.on["describe_change_set"] = gone

    assert foresee(cloud).unknown == "ChangeSet [x] does not exist"
