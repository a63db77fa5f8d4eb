"""A state that was packed is the same state, and goes on as the whole history does."""

import json
from collections.abc import Sequence
from dataclasses import is_dataclass
from enum import Enum
from inspect import isclass
from typing import cast, get_args, get_type_hints
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from services.orchestrator.adapters import packing
from services.orchestrator.adapters.packing import pack, unpack
from services.orchestrator.domain import application, environment
from services.orchestrator.domain.answers import Answers
from services.orchestrator.domain.connected import Application
from services.orchestrator.domain.slot import MOST_SUCCESSES, Cancelling, Environment
from tests.support.deployments import (
    DEVELOPMENT,
    SHOP,
    A,
    B,
    failed,
    ids,
    release,
    requested,
    run,
    shop,
    started,
    succeeded,
    torn_down,
)
from tests.support.spec import BEGAN
from trellis_contracts.deployments import (
    CancelRequested,
    CommitResolved,
    DeployKind,
    ReleaseDeployed,
    ReleaseVanished,
    Trigger,
)
from trellis_contracts.message import Message
from trellis_contracts.names import derived_id
from trellis_contracts.pull_requests import (
    Hindrance,
    PullRequestHindered,
    PullRequestOpened,
    PullRequestRule,
    PullRequestsFollowed,
)
from trellis_contracts.pushes import BranchHeadObserved, BranchUnobservable, HeadSource
from trellis_contracts.settings import EnvironmentSettings
from trellis_contracts.trials import TrialRequested

Kept = tuple[Environment, Answers]

_ONES = st.integers(1, 6)
_COMMITS = st.sampled_from([A, B])
EVENTS: st.SearchStrategy[Message] = st.one_of(
    st.builds(requested, _ONES, _COMMITS),
    st.builds(lambda n: requested(n, kind=DeployKind.ROLLBACK, trigger=Trigger.PUSH), _ONES),
    st.builds(started, _ONES),
    st.builds(succeeded, _ONES, _COMMITS, instance=st.sampled_from([None, "local-1"])),
    st.builds(failed, _ONES),
    st.builds(torn_down, _ONES),
    st.builds(lambda n: CommitResolved(**ids(n), run_id=run(n), commit=B), _ONES),
    st.builds(lambda n: ReleaseDeployed(**ids(n), run_id=run(n), release=release(B)), _ONES),
    st.builds(lambda n: CancelRequested(**ids(n)), _ONES),
    st.builds(
        lambda n: ReleaseVanished(
            application_id=UUID(int=1), environment_id=UUID(int=2), instance=f"local-{n}"
        ),
        _ONES,
    ),
)


def folded(
    events: Sequence[Message], state: Environment, answers: Answers, *, first: int
) -> tuple[Environment, Answers]:
    for position, event in enumerate(events, start=first):
        state = environment.evolve(state, event, at=BEGAN)
        answers = answers.after(event, cause=derived_id(position // 2), position=position)
    return state, answers


@given(events=st.lists(EVENTS, max_size=30), cut=st.integers(0, 30))
def test_a_snapshot_and_the_rest_are_the_whole(events: list[Message], cut: int) -> None:
    whole = folded(events, Environment(), Answers(), first=0)
    begun = folded(events[:cut], Environment(), Answers(), first=0)
    state, answers = unpacked = cast("Kept", unpack(json.loads(json.dumps(pack(begun)))))
    assert unpacked == begun
    assert type(state.slot) is type(begun[0].slot)
    assert folded(events[cut:], state, answers, first=min(cut, len(events))) == whole


def test_a_deployment_that_is_being_cancelled_stays_one() -> None:
    events = [requested(1), started(1), CancelRequested(**ids(1))]
    state, _ = folded(events, Environment(), Answers(), first=0)
    assert isinstance(state.slot, Cancelling)
    assert unpack(pack(state)) == state
    assert type(unpack(pack(state)).slot) is Cancelling  # type: ignore[attr-defined]  # an Environment


def test_an_application_is_packed_whole() -> None:
    where = shop().created.application_id
    state = shop()
    for event in (
        BranchHeadObserved(
            application_id=where, branch="feature/a", commit=A, source=HeadSource.REMOTE
        ),
        BranchUnobservable(application_id=where, branch="main", detail="it is away"),
    ):
        state = application.evolve(state, event, at=BEGAN)  # type: ignore[assignment]  # stays one
    assert unpack(json.loads(json.dumps(pack(state)))) == state


def test_so_is_one_with_pull_requests() -> None:
    trial = TrialRequested(
        application_id=SHOP,
        number=8,
        commit=A,
        run_id=run(8),
        attempt=1,
        application="shop",
        repository="https://github.com/acme/shop",
        settings=EnvironmentSettings(tests=True),
        deadline=BEGAN,
    )
    state = shop(
        PullRequestsFollowed(
            application_id=SHOP, following=PullRequestRule(template=DEVELOPMENT, days=3)
        ),
        PullRequestOpened(
            application_id=SHOP, number=8, foreign=True, branch="b", commit=A, updated_at=BEGAN
        ),
        PullRequestHindered(application_id=SHOP, number=8, why=Hindrance.FOREIGN),
        trial,
    )
    assert state.pull_requests.open[8].trial
    assert unpack(json.loads(json.dumps(pack(state)))) == state


@pytest.mark.parametrize("state", [Application, Environment, Answers])
def test_whatever_a_state_may_hold_can_be_unpacked(state: type) -> None:
    held = {one.__name__ for one in kinds(state, set())}
    assert len(held) > 2 or state is Answers
    assert held <= {*packing._makers()}


def kinds(found: object, known: set[type]) -> set[type]:
    """Give the classes that a type and its fields name; a model is packed whole."""
    for argument in get_args(found):
        kinds(argument, known)
    if isclass(found) and found not in known:
        if is_dataclass(found):
            known |= {found, *found.__subclasses__()}
            for named in get_type_hints(found).values():
                kinds(named, known)
        elif issubclass(found, BaseModel | Enum):
            known.add(found)
    return known


def test_no_state_grows_for_ever() -> None:
    state = Environment()
    for number in range(1, 4 * MOST_SUCCESSES):
        for event in (requested(number), started(number), succeeded(number)):
            state = environment.evolve(state, event, at=BEGAN)
    assert [one.number for one in state.successes][-1] == 4 * MOST_SUCCESSES - 1
    assert len(state.successes) == MOST_SUCCESSES


def test_what_no_state_holds_is_refused() -> None:
    with pytest.raises(TypeError, match="holds no set"):
        pack({1, 2})
    assert EnvironmentSettings() == unpack(pack(EnvironmentSettings()))
