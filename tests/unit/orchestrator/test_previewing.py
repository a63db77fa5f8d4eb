"""A preview is asked of a builder once for each content, while it is fresh; it ends once."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from services.orchestrator.domain import environment, previewing
from services.orchestrator.domain.deployment_refusals import IllegalPromotion, IllegalRollback
from services.orchestrator.domain.previewing import FRESH, PATIENCE, Foreseen, NotAsked, Preview
from services.orchestrator.domain.slot import Environment
from tests.support.asking import ask
from tests.support.deployments import (
    DEVELOPMENT,
    PRODUCTION,
    SHOP,
    STAGING,
    A,
    B,
    deployed,
    deployment,
    release,
    requested,
    shop,
)
from tests.support.spec import BEGAN, NOW, Spec
from trellis_contracts.changes import (
    Changed,
    CommitsBetween,
    Direction,
    ValueChange,
    changed_values,
)
from trellis_contracts.deployments import DeployKind
from trellis_contracts.names import derived_id
from trellis_contracts.previewing import (
    PreviewFailed,
    PreviewMade,
    PreviewPromotion,
    PreviewRequested,
    PreviewRollback,
    preview_id_of,
)

given = Spec(NotAsked(), previewing.evolve).given

RUNS_A = Spec(Environment(), environment.evolve).given(*deployed(1)).state
REQUEST = requested(2, B, kind=DeployKind.PROMOTE, environment=STAGING, source=DEVELOPMENT)
TARGET = REQUEST.target
WANTED = Foreseen(
    request=REQUEST,
    environment=RUNS_A,
    before=TARGET.model_copy(update={"variables": {"MOTTO": "one"}}),
    after=TARGET,
)
ID = preview_id_of(STAGING, REQUEST.content)


def asked(attempt: int = 1, **changed: object) -> PreviewRequested:
    first = PreviewRequested(
        application_id=SHOP,
        environment_id=STAGING,
        preview_id=ID,
        run_id=derived_id(ID, attempt),
        attempt=attempt,
        kind=DeployKind.PROMOTE,
        target=TARGET,
        content=REQUEST.content,
        commit=B,
        branch="main",
        source=DEVELOPMENT,
        current=deployment(1),
        previous=release(A),
        values=(ValueChange(name="MOTTO", changed=Changed.REMOVED),),
        deadline=NOW + PATIENCE,
    )
    return first.model_copy(update=changed)


def ids(attempt: int = 1) -> dict[str, Any]:
    return {
        "application_id": SHOP,
        "environment_id": STAGING,
        "preview_id": ID,
        "run_id": derived_id(ID, attempt),
    }


def made(attempt: int = 1) -> PreviewMade:
    commits = CommitsBetween(since=A, until=B, direction=Direction.FORWARD)
    return PreviewMade(**ids(attempt), commits=commits, stacks=(), seconds=3)


def failed(attempt: int = 1) -> PreviewFailed:
    return PreviewFailed(**ids(attempt), sentence="npm said no")


def decided(
    wanted: Foreseen = WANTED, *, after: timedelta = timedelta(minutes=1)
) -> Callable[[Preview], list[PreviewRequested]]:
    return lambda state: previewing.decide(wanted, state, now=BEGAN + after)


def test_a_builder_is_asked_with_all_that_it_needs_and_nothing_of_the_slot() -> None:
    given().when(decided()).then(asked())


@pytest.mark.parametrize("history", [(asked(),), (asked(), made())], ids=["running", "made"])
def test_the_same_again_is_not_asked_again(history: tuple[Any, ...]) -> None:
    given(*history).when(decided()).then_nothing()


def test_one_that_failed_is_asked_again_under_the_same_id() -> None:
    given(asked(), failed()).when(decided()).then(asked(2))


def test_one_that_is_old_is_asked_again_since_the_cloud_may_have_changed() -> None:
    later = FRESH + timedelta(seconds=1)
    again = asked(2, deadline=BEGAN + later + PATIENCE)
    given(asked(), made()).when(decided(after=later)).then(again)


def test_one_of_what_ran_before_is_asked_again() -> None:
    moved = replace(WANTED, environment=Spec(RUNS_A, environment.evolve).given(*deployed(2)).state)
    again = asked(2, current=deployment(2), previous=release(A, by=2))
    given(asked(), made()).when(decided(moved)).then(again)


def test_where_nothing_runs_there_is_nothing_to_compare_with() -> None:
    (request,) = decided(replace(WANTED, environment=Environment(), before=None))(NotAsked())
    assert (request.current, request.previous, request.values) == (None, None, ())


def test_how_it_ended_is_taken_once_and_of_the_attempt_that_is_waited_for() -> None:
    given(asked()).when(lambda s: previewing.end(made(), s)).then(made())
    given(asked(), made()).when(lambda s: previewing.end(made(), s)).then_nothing()
    given(asked(2)).when(lambda s: previewing.end(made(1), s)).then_nothing()
    given().when(lambda s: previewing.end(made(), s)).then_nothing()


def test_one_that_no_builder_ends_in_time_has_failed_and_says_what_to_do() -> None:
    request = asked()
    assert previewing.late(request, request.deadline - timedelta(seconds=1)) is None
    ended = previewing.late(request, request.deadline)
    assert ended is not None
    assert "trellis builders" in ended.sentence


def test_what_refuses_a_promotion_or_a_rollback_refuses_its_preview() -> None:
    promote = previewing.deployment(PreviewPromotion(environment_id=PRODUCTION, source=DEVELOPMENT))
    with pytest.raises(IllegalPromotion):
        ask(promote, environment=PRODUCTION, source=Environment())(Environment())
    back = previewing.deployment(PreviewRollback(environment_id=DEVELOPMENT))
    with pytest.raises(IllegalRollback):
        ask(back)(Environment())


def test_values_are_compared_by_key_and_secrets_by_version() -> None:
    target = shop().target(STAGING)
    before = target.model_copy(
        update={"variables": {"A": "1", "B": "1", "C": "1"}, "secrets": {"S": 1, "T": 1}}
    )
    after = target.model_copy(
        update={"variables": {"A": "1", "B": "2", "D": "1"}, "secrets": {"S": 3, "U": 1}}
    )

    assert [
        (v.name, v.secret, v.changed.value, v.before, v.after)
        for v in changed_values(before, after)
    ] == [
        ("B", False, "changed", None, None),
        ("C", False, "removed", None, None),
        ("D", False, "added", None, None),
        ("S", True, "changed", 1, 3),
        ("T", True, "removed", 1, None),
        ("U", True, "added", None, 1),
    ]
    assert changed_values(after, after) == ()
