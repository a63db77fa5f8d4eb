"""What lies between two commits, asked from a real git server over HTTP."""

import pytest

from services.builder.adapters.git.asking import GitLimits
from services.builder.adapters.git.repositories import Git
from tests.support.forges import Forge
from trellis_contracts.changes import MOST_COMMITS, CommitsBetween, Direction

NO_COMMIT = "0123456789" * 4


async def between(
    forge: Forge, since: str, until: str, *, reader: Git | None = None
) -> CommitsBetween:
    url = forge.server.url("shop")
    await forge.reader.check_out(url, until, on_output=forge.box.keep)
    return await (reader or forge.reader).between(url, since, until, branch="main")


async def test_a_step_forward_lists_what_it_brings_newest_first(forge: Forge) -> None:
    first = forge.server.head("shop")
    second = forge.server.commit("shop", {"a.txt": "1"}, "Add \x1b[31mred\n\nAnd a body")
    third = forge.server.commit("shop", {"a.txt": "2"}, "x" * 300)

    found = await between(forge, first, third)

    assert (found.direction, found.more) == (Direction.FORWARD, False)
    assert [(one.sha, one.subject) for one in found.commits] == [
        (third, "x" * 200),
        (second, "Add ?[31mred"),
    ]


async def test_a_step_back_lists_what_it_takes_away(forge: Forge) -> None:
    first = forge.server.head("shop")
    second = forge.server.commit("shop", {"a.txt": "1"}, "Add a")

    found = await between(forge, second, first)

    assert found.direction is Direction.BACK
    assert [one.sha for one in found.commits] == [second]


async def test_commits_of_two_branches_are_apart(forge: Forge) -> None:
    here = forge.server.commit("shop", {"a.txt": "1"}, "Here", branch="one")
    there = forge.server.commit("shop", {"b.txt": "1"}, "There", branch="two")

    found = await between(forge, here, there)

    assert found.direction is Direction.APART
    assert [one.subject for one in found.commits] == ["There"]


async def test_no_more_than_some_are_listed_and_it_is_said_that_there_are_others(
    forge: Forge,
) -> None:
    first = forge.server.head("shop")
    for number in range(MOST_COMMITS + 1):
        last = forge.server.commit("shop", {"a.txt": str(number)}, f"Change {number}")

    found = await between(forge, first, last)

    assert (len(found.commits), found.more) == (MOST_COMMITS, True)


@pytest.mark.parametrize("depth", [1, 200])
async def test_a_commit_out_of_sight_is_said_to_be(forge: Forge, depth: int) -> None:
    last = forge.server.commit("shop", {"a.txt": "1"}, "Add a")
    reader = Git(forge.box.sandbox, (forge.server.origin,), GitLimits(depth=depth))

    found = await between(forge, NO_COMMIT, last, reader=reader)

    assert found.direction is Direction.UNKNOWN
    assert found.detail == f"{NO_COMMIT[:12]} is not within the newest {depth} commits"


async def test_the_same_commit_and_none_before_are_told_without_asking(forge: Forge) -> None:
    head = forge.server.head("shop")
    url = forge.server.url("shop")

    same = await forge.reader.between(url, head, head)
    first = await forge.reader.between(url, None, head)

    assert (same.direction, first.direction) == (Direction.SAME, Direction.FIRST)
