"""Before anything is touched, every stack must be the environment's own, or nobody's."""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from pydantic import SecretStr

from services.builder.adapters.deployer.deployer import Deployer
from services.builder.adapters.deployer.errors import (
    AwsUnreachable,
    CredentialsRefused,
    SecretMissing,
)
from services.builder.adapters.deployer.stacks import tags_of
from services.builder.adapters.deployer.watch import Watch
from services.builder.domain.assembly.refusals import (
    StackOfAnother,
    StackOfTheSameApplication,
)
from tests.support.assemblies import parameter, template_of
from tests.support.deploying import STACK, Environment
from tests.support.stacks import Stack
from trellis_contracts.releases import StackOutputs

if TYPE_CHECKING:
    from mypy_boto3_cloudformation.type_defs import TagTypeDef

ONE = template_of(One=parameter("ours", "/one"))


def test_a_stack_that_somebody_made_by_hand_is_refused_and_stays(environment: Environment) -> None:
    stack = Stack(environment.account, STACK)
    stack.deploy(json.dumps(template_of(One=parameter("theirs", "/one"))))

    with pytest.raises(StackOfAnother) as refused:
        environment.deploy(environment.of(ONE))

    assert "somebody outside Trellis" in refused.value.reached_for
    assert "--adopt" in refused.value.remedy
    assert "another name" in refused.value.remedy
    assert environment.value("/one") == "theirs"


def test_the_stack_of_another_environment_is_refused(environment: Environment) -> None:
    environment.deploy(environment.of(ONE))
    other = Environment(environment.account, environment.folder)

    with pytest.raises(StackOfAnother, match=str(environment.reach.owner.environment_id)):
        other.deploy(other.of(template_of(One=parameter("theirs", "/one"))))

    assert environment.value("/one") == "ours"


def test_a_foreign_later_stack_keeps_the_earlier_one_from_being_touched(
    environment: Environment,
) -> None:
    environment.deploy(environment.of(ONE))
    other = Environment(environment.account, environment.folder)
    builder = other.builder().stack("shop-data", template_of(Data=parameter()))

    with pytest.raises(StackOfAnother):
        other.deploy(other.prepared(builder.stack(STACK, ONE)))

    assert environment.status("shop-data") == "-"


def test_a_foreign_stack_is_not_removed_by_its_name(environment: Environment) -> None:
    environment.deploy(environment.of(ONE))
    other = Environment(environment.account, environment.folder)

    with pytest.raises(StackOfAnother):
        other.deployer.remove([STACK], other.reach.owner, watch=other.watch())

    assert environment.status() == "CREATE_COMPLETE"


def test_a_foreign_change_set_under_review_is_left_alone(environment: Environment) -> None:
    Stack(environment.account, STACK).propose(json.dumps(ONE))

    with pytest.raises(StackOfAnother):
        environment.deploy(environment.of(ONE))

    assert environment.status() == "REVIEW_IN_PROGRESS"


def test_our_own_shell_under_review_is_cleared(environment: Environment) -> None:
    tags: list[TagTypeDef] = [
        {"Key": k, "Value": v} for k, v in tags_of(environment.reach.owner).items()
    ]
    environment.account.client("cloudformation").create_change_set(
        StackName=STACK,
        ChangeSetName="left-by-a-builder-that-was-killed",
        ChangeSetType="CREATE",
        TemplateBody=json.dumps(ONE),
        Tags=tags,
    )

    environment.deploy(environment.of(ONE))

    assert environment.status() == "CREATE_COMPLETE"


def test_a_key_that_aws_does_not_know_is_refused_with_its_code(environment: Environment) -> None:
    deployer = Deployer(
        environment.credentials("AKIAUNKNOWN0000000"),
        environment.account.region,
        endpoint=environment.account.endpoint,
    )

    with pytest.raises(CredentialsRefused) as refused:
        deployer.identity()

    assert refused.value.code == "InvalidClientTokenId"


def test_nothing_of_this_machine_has_a_say(
    environment: Environment, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "config").write_text("[default]\nregion = ap-south-1\n")
    for name, value in {
        "AWS_PROFILE": "not-there",
        "AWS_CONFIG_FILE": str(tmp_path / "config"),
        "AWS_REGION": "ap-south-1",
        "AWS_DEFAULT_REGION": "ap-south-1",
        "AWS_ACCESS_KEY_ID": "AKIAUNKNOWN0000000",
        "AWS_SESSION_TOKEN": "stale",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
        "HTTP_PROXY": "http://127.0.0.1:9",
    }.items():
        monkeypatch.setenv(name, value)

    (stack,) = environment.deploy(environment.of(ONE))

    assert f":{environment.account.region}:{environment.account.id}:" in stack.stack_id


def test_the_account_is_the_one_of_the_key(environment: Environment) -> None:
    assert environment.deployer.identity().account == environment.account.id


def test_an_aws_that_is_not_there_is_unreachable(environment: Environment) -> None:
    deployer = Deployer(environment.credentials(), "eu-west-1", endpoint="http://127.0.0.1:9")

    with pytest.raises(AwsUnreachable):
        deployer.identity()


def test_keys_of_another_account_do_not_leave_the_old_stacks_behind(
    environment: Environment,
) -> None:
    before = environment.release(environment.deploy(environment.of(ONE)))
    moved = before.model_copy(
        update={"cloud": before.cloud.model_copy(update={"account": "999999999999"})}
    )

    with pytest.raises(CredentialsRefused, match="tear it down first to move"):
        environment.deploy(environment.of(ONE), previous=moved)


def test_a_secret_reaches_the_stack_and_nothing_else(environment: Environment) -> None:
    template = {
        **template_of(
            One=parameter("open", "/one"),
            Two={
                "Type": "AWS::SSM::Parameter",
                "Properties": {"Type": "String", "Name": "/two", "Value": {"Ref": "Password"}},
            },
        ),
        "Parameters": {"Password": {"Type": "String", "NoEcho": True}},
        "Outputs": {"Shown": {"Value": {"Fn::Sub": "user:${Password}"}}},
    }
    builder = environment.builder().stack(STACK, template, secrets={"Password": "Password"})
    wanted = environment.prepared(builder, {"Password": SecretStr("hunter2hunter2")})

    (stack,) = environment.deploy(wanted)

    assert stack.outputs == {"Shown": "user:***"}

    assert environment.value("/two") == "hunter2hunter2"
    assert not any(b"hunter2" in f.read_bytes() for f in wanted.folder.iterdir())
    described = environment.account.client("cloudformation").describe_stacks(StackName=STACK)
    assert described["Stacks"][0]["Parameters"][0]["ParameterValue"] == "****"


def test_a_secret_that_is_gone_stops_the_deploy_before_it_begins(environment: Environment) -> None:
    template = ONE | {"Parameters": {"Password": {"Type": "String", "NoEcho": True}}}
    builder = environment.builder().stack(STACK, template, secrets={"Password": "Password"})

    with pytest.raises(SecretMissing, match="Password"):
        environment.deploy(environment.prepared(builder))

    assert environment.status() == "-"


def test_a_secret_in_what_aws_says_is_hidden(environment: Environment) -> None:
    wanted = environment.of(ONE)
    hiding = type(wanted)(wanted.assembly, wanted.folder, {"Key": SecretStr("s3cr3t-value")})

    assert hiding.hide("value s3cr3t-value is wrong") == "value *** is wrong"


def test_a_release_of_a_cloud_that_forgot_has_nothing_to_remove(environment: Environment) -> None:
    other = environment.builder().stack("shop-data", template_of(Data=parameter()))
    before = environment.release(environment.deploy(environment.prepared(other)))
    forgotten = before.model_copy(
        update={"cloud": before.cloud.model_copy(update={"instance": "an-earlier-one"})}
    )

    environment.deploy(environment.of(ONE), previous=forgotten)

    assert environment.statuses(STACK, "shop-data") == ["CREATE_COMPLETE"] * 2


def by_its_own_cli(environment: Environment) -> str:
    """A stack without a tag of Trellis's, as the framework's own CLI leaves it; gives its id."""
    stack = Stack(environment.account, STACK)
    stack.deploy(json.dumps(template_of(One=parameter("by hand", "/one"))))
    client = environment.account.client("cloudformation")
    return client.describe_stacks(StackName=STACK)["Stacks"][0]["StackId"]


def owned(
    environment: Environment,
    *,
    recorded: frozenset[str] = frozenset(),
    adopts: frozenset[str] = frozenset(),
    called: str = "",
) -> None:
    owner = replace(environment.reach.owner, recorded=recorded, adopts=adopts, called=called)
    environment.reach = replace(environment.reach, owner=owner)


def test_a_stack_that_a_person_has_handed_over_is_taken(environment: Environment) -> None:
    by_its_own_cli(environment)
    owned(environment, adopts=frozenset({STACK}))

    environment.deploy(environment.of(ONE))

    assert environment.value("/one") == "ours"


def test_a_stack_of_another_environment_cannot_be_adopted(environment: Environment) -> None:
    owned(environment, called="store production")
    environment.deploy(environment.of(ONE))
    other = Environment(environment.account, environment.folder)
    owned(other, adopts=frozenset({STACK}))

    with pytest.raises(StackOfAnother, match="environment store production of Trellis"):
        other.deploy(other.of(template_of(One=parameter("theirs", "/one"))))


def taken_over(environment: Environment) -> tuple[Environment, StackOutputs]:
    """A stack that two environments have recorded; its tags name the later one."""
    (ours,) = environment.deploy(environment.of(ONE))
    other = Environment(environment.account, environment.folder)
    tagged(environment, "theirs", tags_of(other.reach.owner))
    return other, ours


def tagged(environment: Environment, value: str, tags: Mapping[str, str]) -> None:
    """The stack with other tags than it had."""
    environment.account.client("cloudformation").update_stack(
        StackName=STACK,
        TemplateBody=json.dumps(template_of(One=parameter(value, "/one"))),
        Tags=[{"Key": key, "Value": value} for key, value in tags.items()],
    )
    assert Stack(environment.account, STACK).settled() == "UPDATE_COMPLETE"


def test_a_recorded_stack_that_became_another_environments_is_not_removed(
    environment: Environment,
) -> None:
    other, ours = taken_over(environment)

    with pytest.raises(StackOfAnother, match=str(other.reach.owner.environment_id)):
        environment.deployer.remove([ours], environment.reach.owner, watch=environment.watch())

    assert environment.value("/one") == "theirs"


def test_a_deploy_without_it_leaves_it_alone_and_goes_on(environment: Environment) -> None:
    _, ours = taken_over(environment)
    said: list[str] = []
    elsewhere = environment.builder().stack("shop-data", template_of(Data=parameter("1", "/data")))

    environment.deploy(
        environment.prepared(elsewhere),
        previous=environment.release((ours,)),
        watch=Watch(say=said.append),
    )

    assert [line.partition(":")[0] for line in said] == ["Left alone"]
    assert [environment.value("/data"), environment.value("/one")] == ["1", "theirs"]


def test_a_stack_of_another_application_cannot_be_adopted(environment: Environment) -> None:
    stack = Stack(environment.account, STACK)
    stack.deploy(json.dumps(template_of(One=parameter("theirs", "/one"))))
    tagged(environment, "still theirs", {"trellis:application": str(uuid4())})
    owned(environment, adopts=frozenset({STACK}))

    with pytest.raises(StackOfAnother, match="another application"):
        environment.deploy(environment.of(ONE))


def test_a_stack_that_is_recorded_stays_ours_when_a_cli_took_its_tags_off(
    environment: Environment,
) -> None:
    stack_id = by_its_own_cli(environment)
    owned(environment, recorded=frozenset({stack_id}))

    environment.deploy(environment.of(ONE))

    assert environment.value("/one") == "ours"


def test_two_environments_of_one_application_do_not_meet_in_one_stack(
    environment: Environment,
) -> None:
    environment.deploy(environment.of(ONE))
    other = Environment(environment.account, environment.folder)
    application = environment.reach.owner.application_id
    other.reach = replace(other.reach, owner=replace(other.reach.owner, application_id=application))

    with pytest.raises(StackOfTheSameApplication) as refused:
        other.deploy(other.of(template_of(One=parameter("staging", "/one"))))

    assert "another account, or another region" in refused.value.remedy
    assert "tryGetContext('stage')" in refused.value.remedy
    assert environment.value("/one") == "ours"


def test_the_applications_tags_stand_beside_ours(environment: Environment) -> None:
    builder = environment.builder().stack(STACK, ONE, tags={"team": "shop"})

    environment.deploy(environment.prepared(builder))

    client = environment.account.client("cloudformation")
    tags = {
        t["Key"]: t["Value"] for t in client.describe_stacks(StackName=STACK)["Stacks"][0]["Tags"]
    }
    assert tags == {"team": "shop"} | tags_of(environment.reach.owner)


@pytest.mark.parametrize(
    ("wanted", "protected"),
    [((True,), True), ((True, False), False), ((True, None), True), ((None,), False)],
)
def test_a_stack_is_protected_as_its_application_says(
    environment: Environment, wanted: tuple[bool | None, ...], *, protected: bool
) -> None:
    for said in wanted:
        builder = environment.builder().stack(STACK, ONE)
        builder.release["stacks"][0]["protected"] = said
        environment.deploy(environment.prepared(builder))

    client = environment.account.client("cloudformation")
    (stack,) = client.describe_stacks(StackName=STACK)["Stacks"]
    assert stack.get("EnableTerminationProtection", False) is protected
