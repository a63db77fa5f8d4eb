"""A stage that is made from a name is safe, always the same, and no other name's."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from trellis_contracts.names import BranchName, Stage
from trellis_contracts.stages import LONGEST, stage_of

STAGE = TypeAdapter[str](Stage)
BRANCH = TypeAdapter[str](BranchName)


def _is_a_branch(name: str) -> bool:
    try:
        BRANCH.validate_python(name)
    except ValidationError:
        return False
    return True


BRANCHES = st.text(min_size=1, max_size=80).filter(_is_a_branch)
LIKE_EACH_OTHER = st.text(alphabet="aAb1/-_.", min_size=1, max_size=24).filter(_is_a_branch)


@given(BRANCHES | LIKE_EACH_OTHER | st.text())
def test_it_is_always_a_stage_and_always_the_same(name: str) -> None:
    stage = stage_of(name)

    assert STAGE.validate_python(stage) == stage == stage_of(name)
    assert "--" not in stage
    assert not stage.endswith("-")


@given(st.sets(LIKE_EACH_OTHER, min_size=2, max_size=60) | st.sets(BRANCHES, max_size=60))
def test_no_two_branches_share_one(branches: set[str]) -> None:
    assert len({stage_of(branch) for branch in branches}) == len(branches)


@pytest.mark.parametrize("name", ["main", "staging", "pr-17", "a", "feature-basket-20ab"])
def test_a_name_that_is_one_is_its_own(name: str) -> None:
    assert stage_of(name) == name


@pytest.mark.parametrize(
    ("name", "begins"),
    [
        ("feature/basket", "feature-bask-"),
        ("Main", "main-"),
        ("17-fix", "s-17-fix-"),
        ("--help", "help-"),
        ("ünï", "n-"),
        ("…", "s-"),
        ("x" * 255, "x" * 12 + "-"),
    ],
)
def test_any_other_name_is_cleaned_and_told_apart(name: str, begins: str) -> None:
    assert stage_of(name).startswith(begins)
    assert len(stage_of(name)) <= LONGEST


def test_names_that_clean_to_the_same_are_told_apart() -> None:
    names = ("a/b", "a-b", "a_b", "A-B", "a--b", "a-b-")

    assert len({stage_of(name) for name in names}) == len(names)
