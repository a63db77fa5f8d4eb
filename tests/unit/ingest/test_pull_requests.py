"""What a delivery says of a pull request, and that nothing shaped like a fork passes for ours."""

from typing import Any, cast

import pytest

from services.ingest.adapters.github import Unreadable, read_payload
from services.ingest.domain.interpret import Delivery, Interpretation, Unprocessable, interpret
from tests.support.actors.github import GitHub, Json, body_of
from trellis_contracts.pull_requests import PullRequestChanged
from trellis_contracts.pushes import DeliveryIgnored, Ignorance

GITHUB = GitHub("secret")
DELIVERY = Delivery(
    id="d", event="pull_request", hook="hook_0123456789abcdef", repository="acme/orders"
)


def meaning(payload: Json) -> Interpretation:
    return interpret(
        DELIVERY, read_payload("pull_request", body_of(payload)), connected=lambda _: False
    )


@pytest.mark.parametrize("action", ["opened", "reopened", "synchronize"])
def test_an_open_one_says_where_it_stands(action: str) -> None:
    said = meaning(GITHUB.pull_request(action, 7, branch="feature/basket", commit="c" * 40))

    assert isinstance(said, PullRequestChanged)
    assert (said.number, said.open, said.foreign) == (7, True, False)
    assert (said.branch, said.commit, said.sender) == ("feature/basket", "c" * 40, "ana-login")


def test_a_closed_one_is_closed_whether_merged_or_not() -> None:
    said = meaning(GITHUB.pull_request("closed", 7))

    assert isinstance(said, PullRequestChanged)
    assert not said.open


@pytest.mark.parametrize(
    "action", ["labeled", "edited", "assigned", "converted_to_draft", "auto_merge_enabled"]
)
def test_what_does_not_move_it_changes_nothing(action: str) -> None:
    said = meaning(GITHUB.pull_request(action, 7))

    assert isinstance(said, DeliveryIgnored)
    assert said.reason is Ignorance.PULL_REQUEST_UNMOVED


OURS = {"id": 186853002, "full_name": "acme/orders", "fork": False}
EVES = {**OURS, "id": 2, "full_name": "eve/orders"}
FORKS: dict[str, tuple[object, object]] = {
    "a fork": ({**EVES, "fork": True}, OURS),
    "a fork that keeps silent about it": (EVES, OURS),
    "the same name, another id": ({**OURS, "id": 2}, OURS),
    "the same id, another name": ({**OURS, "full_name": "eve/orders"}, OURS),
    "the same but for being a fork": ({**OURS, "fork": True}, OURS),
    "a name in other letters": ({**OURS, "full_name": "Acme/orders"}, OURS),
    "a name with a space": ({**OURS, "full_name": "acme/orders "}, OURS),
    "an id that begins alike": ({**OURS, "id": 1868530020}, OURS),
    "a fork that was deleted": (None, OURS),
    "a base that says nothing": (OURS, None),
    "neither says anything": (None, None),
    "both are elsewhere": (EVES, EVES),
    "both are forks of another name": ({**EVES, "fork": True}, {**EVES, "fork": True}),
}
"""The repositories of head and base."""


def between(head: object, base: object) -> Json:
    payload: Any = GITHUB.pull_request("opened", 7)
    payload["pull_request"]["head"]["repo"] = head
    payload["pull_request"]["base"]["repo"] = base
    return cast("Json", payload)


@pytest.mark.parametrize("shape", FORKS)
def test_a_fork_is_foreign_whatever_it_looks_like(shape: str) -> None:
    said = meaning(between(*FORKS[shape]))

    assert isinstance(said, PullRequestChanged)
    assert said.foreign


def test_a_repository_that_is_a_fork_itself_has_pull_requests_of_its_own() -> None:
    ours = {**OURS, "fork": True}
    said = meaning(between(ours, ours))

    assert isinstance(said, PullRequestChanged)
    assert not said.foreign


@pytest.mark.parametrize("id_", ["186853002", "0186853002", 186853002.5, None])
def test_an_id_is_a_number_and_nothing_that_looks_like_one(id_: object) -> None:
    with pytest.raises(Unreadable):
        meaning(between({**OURS, "id": id_}, OURS))


@pytest.mark.parametrize("branch", ["-x", "a..b", "", "a b"])
def test_a_branch_that_cannot_be_one_is_refused(branch: str) -> None:
    assert isinstance(meaning(GITHUB.pull_request("opened", 7, branch=branch)), Unprocessable)
