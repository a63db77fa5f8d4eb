"""How ids follow from each other, and what a repository's URL says."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from services.ingest.domain.addresses import (
    RepositoryRefused,
    added_environment_id,
    application_id,
    environment_ids,
    hook_id,
    is_of,
    repository_name,
)
from services.orchestrator.domain.following import PullRequest
from services.orchestrator.domain.pull_requests import next_environment
from trellis_contracts.names import derived_id

KEY = UUID("018f0000-0000-7000-8000-000000000001")
ORIGINS = ("https://github.com", "http://127.0.0.1:9000")


def test_a_repeated_command_makes_the_same_ids() -> None:
    application = application_id(KEY)

    assert application == application_id(KEY)
    assert hook_id(application) == hook_id(application)
    assert list(environment_ids(application).items()) == [
        (name, derived_id(application, name)) for name in ("development", "staging", "production")
    ]


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://github.com/acme/orders", "acme/orders"),
        ("https://github.com/acme/orders.git", "acme/orders"),
        ("https://GitHub.com/acme/orders/", "acme/orders"),
        ("http://127.0.0.1:9000/team/sub/app.git", "team/sub/app"),
    ],
)
def test_a_repository_is_named_by_its_path(url: str, name: str) -> None:
    assert repository_name(url, origins=ORIGINS) == name


@pytest.mark.parametrize(
    "url",
    [
        "https://github.com.evil.example/acme/orders",
        "https://evil.example/github.com/orders",
        "http://github.com/acme/orders",
        "https://github.com:8443/acme/orders",
        "http://127.0.0.1:9001/acme/orders",
        "http://127.0.0.1/acme/orders",
        "http://169.254.169.254/latest/meta-data",
    ],
)
def test_another_origin_is_refused_with_the_remedy(url: str) -> None:
    with pytest.raises(RepositoryRefused, match="TRELLIS_GIT_ORIGINS"):
        repository_name(url, origins=ORIGINS)


@pytest.mark.parametrize(
    "path", ["orders", "acme/..", "../acme/orders", "acme//orders", "a%20b/c", "%2e%2e/x", ".git"]
)
def test_a_path_that_names_no_repository_is_refused(path: str) -> None:
    with pytest.raises(RepositoryRefused):
        repository_name(f"https://github.com/{path}", origins=ORIGINS)


def test_an_added_environment_has_an_id_that_says_whose_it_is() -> None:
    mine, other, asked = (UUID(int=number) for number in (1, 2, 3))
    added = added_environment_id(mine, asked)

    assert added == added_environment_id(mine, asked)
    assert added != added_environment_id(mine, other)
    assert is_of(added, mine)
    assert is_of(environment_ids(mine)["staging"], mine)
    assert not is_of(added, other)
    assert not is_of(environment_ids(mine)["staging"], other)


def test_so_has_that_of_a_pull_request() -> None:
    opened = datetime(2026, 3, 1, tzinfo=UTC)
    request = PullRequest(
        number=7,
        foreign=False,
        branch="basket",
        commit="a" * 40,
        updated_at=opened,
        opened=opened,
        moved=opened,
    )
    assert is_of(next_environment(UUID(int=1), request), UUID(int=1))
    assert not is_of(next_environment(UUID(int=1), request), UUID(int=2))
