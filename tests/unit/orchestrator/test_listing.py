"""Branches of a glob: the first look only records, after it what is new or has moved is news."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import pytest

from services.orchestrator.domain.application import decide, evolve
from services.orchestrator.domain.connected import Application, ApplicationState, Surroundings
from services.orchestrator.domain.listing import Listing
from tests.support.deployments import DEVELOPMENT, PRODUCTION, SHOP, STAGING, A, B, C, shop
from tests.support.spec import BEGAN, NOW, Given, Spec
from trellis_contracts.applications import ApplicationEvent, EnvironmentConfigured
from trellis_contracts.lifecycles import EnvironmentRemoved, Mover, RepositoryMoved
from trellis_contracts.message import Message
from trellis_contracts.names import EnvironmentId
from trellis_contracts.pushes import (
    BranchesListed,
    BranchesUnlisted,
    BranchHeadObserved,
    HeadSource,
)
from trellis_contracts.settings import EnvironmentSettings

GLOB = "release/*"
ONE, TWO = "release/1", "release/2"
MUTE = BranchesUnlisted(application_id=SHOP, pattern=GLOB, detail="no route")


def bound(
    branch: str = GLOB, *, automatic: bool = True, to: EnvironmentId = STAGING
) -> EnvironmentConfigured:
    settings = EnvironmentSettings(branch=branch, automatic=automatic)
    return EnvironmentConfigured(application_id=SHOP, environment_id=to, settings=settings)


def listed(*, more: bool = False, **heads: str) -> BranchesListed:
    named = {f"release/{name[1:]}": commit for name, commit in heads.items()}
    return BranchesListed(application_id=SHOP, pattern=GLOB, heads=named, more=more)


def pushed(branch: str, commit: str) -> BranchHeadObserved:
    return BranchHeadObserved(
        application_id=SHOP, branch=branch, commit=commit, source=HeadSource.PUSH
    )


def hear(
    fact: Listing, *, asked_at: datetime | None = NOW
) -> Callable[[ApplicationState], Sequence[ApplicationEvent]]:
    def answer(state: ApplicationState) -> Sequence[ApplicationEvent]:
        return decide(fact, state, context=Surroundings(asked_at=asked_at), now=NOW)

    return answer


def given(*events: Message) -> Given[ApplicationState]:
    return Spec[ApplicationState](shop(), evolve).given(bound(), *events)


def state(*events: Message) -> Application:
    found = given(*events).state
    assert isinstance(found, Application)
    return found


def test_a_glob_is_followed_like_a_branch() -> None:
    assert state().followed() == ("main", GLOB)
    assert shop(bound(automatic=False)).followed() == ("main",)


def test_the_first_look_records_where_all_branches_stand() -> None:
    first = listed(r1=A, r2=B)
    given().when(hear(first)).then(first)
    given().when(hear(listed())).then(listed())
    assert state(first).heads == {ONE: A, TWO: B}
    assert state(first).listed == {GLOB: True}


def test_the_first_look_deploys_no_branch_that_was_known_before_either() -> None:
    old = given(pushed(ONE, A))
    old.when(hear(listed(r1=B))).then(listed(r1=B))


def test_after_it_nothing_is_recorded_as_a_list_what_is_new_is_heard_of_by_itself() -> None:
    looked = given(listed(r1=A))
    looked.when(hear(listed(r1=A))).then_nothing()
    looked.when(hear(listed(r1=B, r2=C))).then_nothing()


def test_the_first_look_does_not_undo_a_push_that_came_while_it_was_under_way() -> None:
    before = BEGAN - timedelta(seconds=1)
    given(pushed(ONE, B)).when(hear(listed(r1=A, r2=A), asked_at=before)).then(listed(r2=A))


def test_after_a_list_that_was_cut_short_what_was_never_heard_of_may_be_old() -> None:
    cut = given(listed(r1=A, more=True))
    cut.when(hear(listed(r1=B, r2=C, more=True))).then(listed(r2=C, more=True))
    cut.when(hear(listed(r1=A, more=True))).then_nothing()
    cut.when(hear(listed(r1=A))).then(listed())
    whole = given(listed(r1=A))
    whole.when(hear(listed(r1=A, r2=B, more=True))).then(listed(more=True))


@pytest.mark.parametrize(
    "end",
    [
        bound("main"),
        bound(automatic=False),
        EnvironmentRemoved(application_id=SHOP, environment_id=STAGING),
    ],
    ids=["bound elsewhere", "by hand", "removed"],
)
def test_bound_again_later_it_is_looked_at_for_the_first_time(end: Message) -> None:
    assert state(listed(r1=A), end).listed == {}
    again = given(listed(r1=A), end, bound(to=PRODUCTION))
    again.when(hear(listed(r1=A, r2=B))).then(listed(r2=B))


def test_while_another_environment_follows_it_it_stays_known() -> None:
    both = bound(to=DEVELOPMENT)
    assert state(listed(r1=A), both, bound("main")).listed == {GLOB: True}


def test_a_list_that_nobody_waits_for_any_more_is_no_news() -> None:
    given(bound("main")).when(hear(listed(r1=A))).then_nothing()
    given(bound("main")).when(hear(MUTE)).then_nothing()


def test_another_repository_is_looked_at_for_the_first_time() -> None:
    moved = RepositoryMoved(
        application_id=SHOP,
        repository="https://github.com/acme/store",
        repository_name="acme/store",
        why=Mover.PERSON,
    )
    repointed = given(listed(r1=A), moved)
    repointed.when(hear(listed(r1=C), asked_at=BEGAN)).then_nothing()
    repointed.when(hear(listed(r1=C), asked_at=None)).then_nothing()
    repointed.when(hear(listed(r1=C))).then(listed(r1=C))


def test_a_remote_that_is_silent_is_recorded_once_and_so_is_that_it_speaks_again() -> None:
    given().when(hear(MUTE)).then(MUTE)
    silent = given(listed(r1=A), MUTE)
    silent.when(hear(MUTE)).then_nothing()
    silent.when(hear(listed(r1=A))).then(listed())
    assert state(listed(r1=A), MUTE, listed()).unobservable == {}
    assert state(MUTE).unobservable == {GLOB: "no route"}
