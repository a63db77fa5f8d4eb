"""Asking a real git server where the branches of a glob stand."""

from pathlib import Path

import pytest
from pydantic import SecretStr

from cli.git_server import GitServer
from services.builder.adapters.git import failures
from services.builder.adapters.git.repositories import Git
from tests.support.forges import TOKEN, Forge
from tests.support.git import git

BRANCHES = ("release/1", "release/2", "old/release/1", "releases", "x/y/z", "z")


@pytest.fixture
def heads(server: GitServer, tmp_path: Path) -> dict[str, str]:
    """Many branches, and other refs that look like them."""
    made = {
        branch: server.commit("shop", {"note.txt": branch}, branch, branch=branch)
        for branch in BRANCHES
    }
    bare = tmp_path / "served" / "shop.git"
    git("tag", "release/9", made["z"], folder=bare)
    git("update-ref", "refs/other/release/7", made["z"], folder=bare)
    return made | {"main": server.head("shop")}


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("release/*", {"release/1", "release/2"}),
        ("release/?", {"release/1", "release/2"}),
        ("*", {"main", "releases", "z"}),
        ("**", {"main", "release/1", "release/2", "old/release/1", "releases", "x/y/z", "z"}),
        ("**/z", {"x/y/z", "z"}),
        ("**/release/1", {"release/1", "old/release/1"}),
        ("x/**", {"x/y/z"}),
        ("release*", {"releases"}),
        ("none/*", set()),
    ],
)
async def test_the_branches_of_a_glob_are_those_that_it_stands_for(
    forge: Forge, heads: dict[str, str], *, pattern: str, found: set[str]
) -> None:
    told = await forge.reader.heads_like(forge.server.url("shop"), pattern)
    assert told == {branch: heads[branch] for branch in found}


async def test_a_token_is_needed_where_one_is_needed(reader: Git, private: str) -> None:
    with pytest.raises(failures.AccessDenied):
        await reader.heads_like(private, "m*")
    assert set(await reader.heads_like(private, "m*", token=SecretStr(TOKEN))) == {"main"}


@pytest.mark.parametrize("pattern", ["--upload-pack=touch x", "a b*", "[a]*", "", "a\\*"])
async def test_what_is_no_glob_of_branches_is_refused_before_git_runs(
    reader: Git, server: GitServer, pattern: str
) -> None:
    with pytest.raises(ValueError, match=r"pattern|at least 1 character"):
        await reader.heads_like(server.url("shop"), pattern)
