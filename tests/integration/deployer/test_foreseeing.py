"""What a deploy would change is found out on a local AWS, and nothing of that stays there."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest

from services.builder.adapters.deployer.prepared import Prepared
from services.builder.domain.assembly.reach import Owner
from services.builder.domain.assembly.refusals import StackOfAnother
from tests.support.assemblies import parameter, template_of
from tests.support.deploying import STACK, Environment
from tests.support.waiting import until
from trellis_contracts.changes import ResourceAction, StackChanges
from trellis_contracts.releases import Release

TABLE: dict[str, Any] = {
    "Type": "AWS::DynamoDB::Table",
    "Properties": {
        "TableName": "orders",
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    },
}


def foresee(
    environment: Environment, wanted: Prepared, *, previous: Release | None = None
) -> tuple[StackChanges, ...]:
    return environment.deployer.foresee(wanted, watch=environment.watch(), previous=previous)


def actions(changes: StackChanges) -> dict[str, ResourceAction]:
    return {change.logical_id: change.action for change in changes.changes}


def left(environment: Environment) -> list[Any]:
    """Every stack of the account that is not gone, with its change sets."""
    client = environment.account.client("cloudformation")
    found = [s for s in client.describe_stacks()["Stacks"] if s["StackStatus"] != "DELETE_COMPLETE"]
    names = [(stack["StackName"], stack["StackStatus"]) for stack in found]
    return [(*one, client.list_change_sets(StackName=one[0])["Summaries"]) for one in names]


def test_of_a_stack_that_is_not_there_everything_would_be_added_and_no_shell_is_left(
    environment: Environment,
) -> None:
    wanted = environment.of(template_of(Orders=TABLE, Motto=parameter()))

    (changes,) = foresee(environment, wanted)

    assert (changes.stack, changes.new) == (STACK, True)
    assert actions(changes) == {"Orders": ResourceAction.ADD, "Motto": ResourceAction.ADD}
    assert left(environment) == []


def test_what_would_take_data_with_it_comes_first_and_the_stack_stays_as_it_was(
    environment: Environment,
) -> None:
    first = template_of(Orders=TABLE, Motto=parameter("one", "/motto"), Away=parameter())
    environment.deploy(environment.of(first))
    before = left(environment)
    second = template_of(Motto=parameter("two", "/motto"), Added=parameter())

    (changes,) = foresee(environment, environment.of(second))

    first_shown = changes.changes[0]
    assert (first_shown.logical_id, first_shown.loses_data) == ("Orders", True)
    assert actions(changes) == {
        "Orders": ResourceAction.REMOVE,
        "Away": ResourceAction.REMOVE,
        "Motto": ResourceAction.MODIFY,
        "Added": ResourceAction.ADD,
    }
    assert left(environment) == before
    assert environment.value("/motto") == "one"


def test_a_stack_that_would_not_change_says_so(environment: Environment) -> None:
    template = template_of(Motto=parameter())
    environment.deploy(environment.of(template))

    (changes,) = foresee(environment, environment.of(template))

    assert (changes.changes, changes.unknown, changes.new) == ((), None, False)


def test_a_stack_that_the_assembly_has_no_more_would_go_with_all_that_it_holds(
    environment: Environment,
) -> None:
    properties = {**TABLE["Properties"], "TableName": "kept"}
    kept = {**TABLE, "DeletionPolicy": "Retain", "Properties": properties}
    both = environment.builder().stack(STACK, template_of(Motto=parameter()))
    both = both.stack("shop-data", template_of(Orders=TABLE, Kept=kept))
    release = environment.release(environment.deploy(environment.prepared(both)))

    _, gone = foresee(environment, environment.of(template_of(Motto=parameter())), previous=release)

    assert (gone.stack, gone.gone) == ("shop-data", True)
    assert {(c.logical_id, c.action, c.loses_data) for c in gone.changes} == {
        ("Orders", ResourceAction.REMOVE, True),
        ("Kept", ResourceAction.REMOVE, False),
    }
    assert environment.status("shop-data") == "CREATE_COMPLETE"


def test_a_stack_that_is_being_changed_is_said_to_be_and_left_alone(
    slow_environment: Environment,
) -> None:
    environment = slow_environment
    environment.deploy(environment.of(template_of(A=parameter("1"), B=parameter("1"))))
    changed = environment.of(template_of(A=parameter("2"), B=parameter("2")))
    with ThreadPoolExecutor(1) as pool:
        deploying = pool.submit(environment.deploy, changed)
        until(lambda: environment.status() == "UPDATE_IN_PROGRESS")
        (changes,) = foresee(environment, changed)
        deploying.result()

    assert changes.unknown == (
        "it is UPDATE_IN_PROGRESS: something changes it now; ask again when that has ended"
    )
    assert environment.status() == "UPDATE_COMPLETE"


def test_a_stack_of_another_environment_is_not_looked_into(environment: Environment) -> None:
    template = template_of(Motto=parameter())
    environment.deploy(environment.of(template))
    environment.reach = replace(environment.reach, owner=Owner(uuid4(), uuid4()))

    with pytest.raises(StackOfAnother):
        foresee(environment, environment.of(template))
