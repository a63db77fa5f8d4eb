"""What carries an environment's tags, and what may keep it from being found."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from uuid import uuid4

import pytest
from botocore.exceptions import ClientError

from services.builder.adapters.deployer import retries
from services.builder.adapters.deployer.access import Access
from services.builder.adapters.deployer.one_stack import OneStack
from services.builder.adapters.deployer.orphans import orphans
from services.builder.adapters.deployer.stacks import tags_of
from services.builder.adapters.deployer.watch import Watch
from services.builder.domain.assembly.reach import Owner
from tests.support.scripted_cloud import refusal

OWNER, OTHER = Owner(uuid4(), uuid4()), Owner(uuid4(), uuid4())
FIRST = datetime(2026, 11, 28, tzinfo=UTC)


class Account:
    """Answers with its stacks, a page each, after it refused so often."""

    def __init__(self, *stacks: dict[str, Any], refuses: tuple[str, ...] = ()) -> None:
        self.cloudformation = self
        self.stacks = stacks
        self.refuses = list(refuses)

    def get_paginator(self, name: str) -> "Account":
        assert name == "describe_stacks"
        return self

    def paginate(self) -> Iterator[dict[str, Any]]:
        for stack in self.stacks:
            yield {"Stacks": [stack]}
            if self.refuses:
                raise refusal(self.refuses.pop(), "not now")


def stack(name: str, owner: Owner = OWNER, *, hours: int = 0, **more: str) -> dict[str, Any]:
    tags = [{"Key": key, "Value": value} for key, value in tags_of(owner).items()]
    at = FIRST + timedelta(hours=hours)
    return {"StackName": name, "StackStatus": "CREATE_COMPLETE", "CreationTime": at} | {
        "Tags": tags, **more,
    }  # fmt: skip


def found(account: Account, *known: str) -> tuple[tuple[str, ...], list[str]]:
    said: list[str] = []
    names = orphans(OneStack(cast("Access", account), OWNER, Watch(say=said.append)), known=known)
    return names, said


def test_the_oldest_is_first_on_whatever_page() -> None:
    names, said = found(Account(stack("young", hours=2), stack("old"), stack("middle", hours=1)))

    assert names == ("old", "middle", "young")
    assert said == ["Found by their tags, though no release has them: old, middle, young"]


def test_others_nested_gone_and_known_ones_are_no_orphans() -> None:
    account = Account(
        stack("others", OTHER),
        stack("nested", ParentId="arn:parent"),
        stack("gone", StackStatus="DELETE_COMPLETE"),
        stack("known"),
        {"StackName": "bare", "StackStatus": "CREATE_COMPLETE", "CreationTime": FIRST},
    )

    assert found(account, "known") == ((), [])


def test_throttling_is_waited_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retries, "PAUSES", (0.0, 0.0))

    names, _ = found(Account(stack("one"), refuses=("Throttling", "Throttling")))

    assert names == ("one",)


def test_credentials_that_may_not_list_find_nothing_and_that_is_said() -> None:
    names, said = found(Account(stack("one"), refuses=("AccessDenied",)))

    assert names == ()
    assert said[0].startswith("Not looked for stacks that nobody recorded")


def test_what_aws_refuses_otherwise_is_not_passed_over() -> None:
    with pytest.raises(ClientError, match="ValidationError"):
        found(Account(stack("one"), refuses=("ValidationError",)))
