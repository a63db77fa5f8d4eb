"""What was deployed is removed, and that is seen in the cloud."""

from dataclasses import replace

import pytest

from services.builder.adapters.deployer.deployer import Deployer
from services.builder.adapters.deployer.errors import CredentialsRefused, StackNotRemoved
from tests.support.assemblies import broken_queue, parameter, template_of
from tests.support.deploying import STACK, Environment
from trellis_contracts.names import new_id

BUCKET = template_of(Files={"Type": "AWS::S3::Bucket"}) | {
    "Outputs": {"Bucket": {"Value": {"Ref": "Files"}}}
}


def test_stacks_go_the_last_one_first(environment: Environment) -> None:
    builder = environment.builder().stack("shop-data", template_of(Data=parameter()))
    builder.stack(STACK, template_of(One=parameter()))
    stacks = environment.deploy(environment.prepared(builder))
    environment.heard.clear()

    gone = environment.deployer.remove(stacks, environment.reach.owner, watch=environment.watch())

    assert gone == (STACK, "shop-data")
    ended = [one.stack for one in environment.heard if one.status == "DELETE_COMPLETE"]
    assert ended == [STACK, "shop-data"]
    assert environment.statuses(*(stack.stack_id for stack in stacks)) == ["DELETE_COMPLETE"] * 2


def test_what_nobody_recorded_is_found_by_its_tags_and_goes_first(environment: Environment) -> None:
    builder = environment.builder().stack("shop-data", template_of(Data=parameter()))
    builder.stack(STACK, template_of(One=parameter()))
    data, _ = environment.deploy(environment.prepared(builder))
    said: list[str] = []
    watch = environment.watch()
    watch.say = said.append

    gone = environment.deployer.remove([data], environment.reach.owner, watch=watch)

    assert gone == (STACK, "shop-data")
    assert said == [f"Found by their tags, though no release has them: {STACK}"]
    assert environment.status() == "-"


def test_what_others_have_is_not_found(environment: Environment) -> None:
    stacks = environment.deploy(environment.of(template_of(One=parameter())))
    another = replace(environment.reach.owner, environment_id=new_id())

    assert environment.deployer.remove([], another, watch=environment.watch()) == ()
    assert environment.statuses(stacks[0].stack_id) == ["CREATE_COMPLETE"]


def test_what_is_gone_already_counts_as_gone(environment: Environment) -> None:
    stacks = environment.deploy(environment.of(template_of(One=parameter())))
    owner = environment.reach.owner
    environment.deployer.remove(stacks, owner, watch=environment.watch())

    again = environment.deployer.remove((STACK, *stacks), owner, watch=environment.watch())

    assert again == (STACK,)


def test_the_shell_of_a_first_create_that_failed_is_removed_by_its_name(
    environment: Environment,
) -> None:
    with pytest.raises(Exception, match="Bad"):
        environment.deploy(environment.of(template_of(Bad=broken_queue())))

    environment.deployer.remove([STACK], environment.reach.owner, watch=environment.watch())

    assert environment.status() == "-"


def test_a_bucket_that_is_not_empty_is_named_and_keeps_its_content(
    environment: Environment,
) -> None:
    (stack,) = environment.deploy(environment.of(BUCKET))
    s3, bucket = environment.account.client("s3"), stack.outputs["Bucket"]
    s3.put_object(Bucket=bucket, Key="a", Body=b"a")

    with pytest.raises(StackNotRemoved) as kept:
        environment.deployer.remove([stack], environment.reach.owner, watch=environment.watch())

    assert (kept.value.resource, kept.value.status) == ("Files", "DELETE_FAILED")
    assert s3.get_object(Bucket=bucket, Key="a")["Body"].read() == b"a"


def test_a_removal_that_failed_half_way_must_be_finished_before_a_deploy(
    environment: Environment,
) -> None:
    (stack,) = environment.deploy(environment.of(BUCKET))
    environment.account.client("s3").put_object(Bucket=stack.outputs["Bucket"], Key="a", Body=b"a")
    with pytest.raises(StackNotRemoved):
        environment.deployer.remove([stack], environment.reach.owner, watch=environment.watch())

    with pytest.raises(Exception, match="tear the environment down"):
        environment.deploy(environment.of(BUCKET))


def test_a_protected_stack_says_so(environment: Environment) -> None:
    stacks = environment.deploy(environment.of(template_of(One=parameter())))
    environment.account.client("cloudformation").update_termination_protection(
        StackName=STACK, EnableTerminationProtection=True
    )

    with pytest.raises(StackNotRemoved, match="TerminationProtection"):
        environment.deployer.remove(stacks, environment.reach.owner, watch=environment.watch())


def test_an_environment_that_moved_to_another_region_leaves_nothing_behind(
    environment: Environment,
) -> None:
    before = environment.release(environment.deploy(environment.of(template_of(One=parameter()))))
    moved = Environment(
        type(environment.account)(
            id=environment.account.id, region="us-east-1", local_aws=environment.account.local_aws
        ),
        environment.folder,
    )
    owner = environment.reach.owner
    moved.reach = type(moved.reach)(
        owner=owner,
        account=moved.reach.account,
        region="us-east-1",
        stage="dev",
        bucket=moved.reach.bucket,
        stack_names=moved.reach.stack_names,
    )

    moved.deploy(moved.of(template_of(One=parameter())), previous=before)

    assert (moved.status(), environment.status()) == ("CREATE_COMPLETE", "-")


def test_what_is_in_another_account_is_not_taken_for_gone(environment: Environment) -> None:
    stacks = environment.deploy(environment.of(template_of(One=parameter())))
    release = environment.release(stacks)
    elsewhere = environment.credentials("210987654321")
    stranger = Deployer(
        elsewhere, environment.account.region, endpoint=environment.account.endpoint
    )

    with pytest.raises(CredentialsRefused, match="runs in"):
        stranger.remove(stacks, environment.reach.owner, watch=environment.watch(), release=release)

    assert environment.statuses(*(stack.stack_id for stack in stacks)) == ["CREATE_COMPLETE"]
