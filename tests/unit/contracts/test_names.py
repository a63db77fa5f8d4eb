"""Names that come from outside: what is one, and what is not."""

import pytest
from pydantic import TypeAdapter, ValidationError

from trellis_contracts.names import ActorId, BranchName, CommitSha, RepositoryUrl, Stage

BRANCH = TypeAdapter[str](BranchName)


@pytest.mark.parametrize("name", ["main", "feature/basket", "a/b/c", "ü", "v1.2", "x-y_z", "@x"])
def test_a_branch_is_taken(name: str) -> None:
    assert BRANCH.validate_python(name) == name


@pytest.mark.parametrize(
    "name",
    [
        "", "-x", "--upload-pack=x", "a..b", "a\nb", "a b", "@{0}", "@", "HEAD", "x.lock",
        "x.lock/y", "/x", "x/", "x//y", ".x", "x/.y", "x.", "a~b", "a^b", "a:b", "a?b", "a*b",
        "a[b", "a\\b", "a\x00b", "a\x7fb", "\udcff", "x" * 256,
    ],
)  # fmt: skip
def test_what_git_refuses_or_takes_for_an_option_is_no_branch(name: str) -> None:
    with pytest.raises(ValidationError):
        BRANCH.validate_python(name)


@pytest.mark.parametrize(
    "url",
    ["ext::sh -c x", "git://h/x", "file:///etc", "https://u:p@h/x", "https://h/x?y", "https://h"],
)
def test_a_repository_is_cloned_over_http_without_a_password_in_its_url(url: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter[str](RepositoryUrl).validate_python(url)


@pytest.mark.parametrize("actor", ["ana@example.com", "person:", "person:a b", "Person:ana"])
def test_an_actor_is_an_id_with_its_kind(actor: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter[str](ActorId).validate_python(actor)


@pytest.mark.parametrize("stage", ["Dev", "-dev", "a" * 21, "feature/x", ""])
def test_a_stage_is_short_lower_case_and_begins_with_a_letter(stage: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter[str](Stage).validate_python(stage)


@pytest.mark.parametrize("sha", ["c" * 39, "C" * 40, "g" * 40, "main"])
def test_a_commit_is_named_by_its_whole_sha(sha: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter[str](CommitSha).validate_python(sha)
