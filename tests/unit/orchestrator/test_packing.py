"""A state that was packed is the same state, and goes on as the whole history does."""

import json
from collections.abc import Sequence
from typing import cast
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.orchestrator.adapters.packing import pack, unpack
from services.orchestrator.domain import application, environment
from services.orchestrator.domain.answers import Answers
from services.orchestrator.domain.slot import MOST_SUCCESSES, Cancelling, Environment
from tests.support.deployments import (
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
from trellis_contracts.pushes import BranchHeadObserved, BranchUnobservable, HeadSource
from trellis_contracts.settings import EnvironmentSettings

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
