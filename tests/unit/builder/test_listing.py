"""Which branches of a glob are told when there are many: the last by name, numbers by size."""

from services.builder.domain.listing import listed
from tests.support.deployments import SHOP, A
from trellis_contracts.pushes import MOST_LISTED, heads_of
from trellis_contracts.runs import ListBranches

QUESTION = ListBranches(
    application_id=SHOP, repository="https://github.com/acme/shop", pattern="release/*"
)


def test_they_come_in_the_order_in_which_releases_are_numbered() -> None:
    names = ["release/10", "release/9", "release/9.10", "release/9.9", "release/x"]
    told = listed(QUESTION, dict.fromkeys(names, A))
    assert [head.branch for head in heads_of(told)] == [
        "release/9",
        "release/9.9",
        "release/9.10",
        "release/10",
        "release/x",
    ]
    assert not told.more


def test_of_too_many_the_last_are_told_and_that_there_are_more() -> None:
    many = {f"release/{number}": A for number in range(MOST_LISTED + 5)}
    told = listed(QUESTION, many)
    assert list(told.heads) == [f"release/{number}" for number in range(5, MOST_LISTED + 5)]
    assert told.more
    assert not listed(QUESTION, told.heads).more
