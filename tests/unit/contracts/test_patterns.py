"""Globs of branches and paths: what they match, and that none takes for ever."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from trellis_contracts.rules import BranchPattern, PathPattern, is_glob, matches, watches


@pytest.mark.parametrize(
    ("pattern", "name", "is_match"),
    [
        ("main", "main", True),
        ("main", "main2", False),
        ("release/*", "release/1", True),
        ("release/*", "release/1/x", False),
        ("release/**", "release/1/x", True),
        ("**/web", "web", True),
        ("**/web", "apps/shop/web", True),
        ("v?.*", "v1.20", True),
        ("v?.*", "v10.2", False),
        ("*-*-fix", "a-b-c-fix", True),
        ("a.c", "abc", False),
    ],
)
def test_a_star_stays_within_a_part_and_two_do_not(
    pattern: str, name: str, *, is_match: bool
) -> None:
    assert matches(pattern, name) is is_match


def test_a_folder_stands_for_all_that_is_in_it() -> None:
    assert watches(("apps/shop/",), ("apps/shop/src/a.ts",))
    assert not watches(("apps/shop",), ("apps/shopping/a.ts",))
    assert is_glob("release/?")
    assert not is_glob("release/1")


def _plainly(pattern: str) -> re.Pattern[str]:
    """The same, by trying everything."""
    wild = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    parts = re.findall(r"\*\*/?|\*|\?|[^*?]+", pattern)
    return re.compile("".join(wild.get(part) or re.escape(part) for part in parts), re.DOTALL)


@given(st.text("ab/*?", min_size=1, max_size=9), st.text("ab/", max_size=9))
def test_it_matches_what_trying_everything_would(pattern: str, name: str) -> None:
    assert matches(pattern, name) is bool(_plainly(pattern).fullmatch(name))


@pytest.mark.timeout(20)
def test_many_stars_do_not_take_for_ever() -> None:
    assert not matches("*a" * 100 + "c", "a" * 255)
    assert not matches("**/" + "*a" * 100 + "c", "/".join(["a" * 60] * 60))


BRANCH, PATH = TypeAdapter[str](BranchPattern), TypeAdapter[str](PathPattern)


@pytest.mark.parametrize("reader", [BRANCH, PATH])
def test_two_stars_may_come_three_times(reader: TypeAdapter[str]) -> None:
    assert reader.validate_python("a/**/b/**/c/**") == "a/**/b/**/c/**"
    with pytest.raises(ValidationError, match="at most 3 times"):
        reader.validate_python("**/a/**/b/**/c/**")
