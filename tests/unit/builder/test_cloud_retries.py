"""What is transient is repeated a bounded number of times; anything else fails at once."""

from dataclasses import dataclass, field
from uuid import uuid4

import pytest
from botocore.exceptions import ClientError
from pydantic import SecretStr
from typing_extensions import override

from services.builder.adapters.deployer.access import Access, AwsCredentials
from services.builder.adapters.deployer.errors import AwsUnreachable
from services.builder.adapters.deployer.operations import Operation
from services.builder.adapters.deployer.retries import PAUSES, TRANSIENT, persist
from services.builder.adapters.deployer.stacks import Stack
from services.builder.adapters.deployer.watch import Watch
from services.builder.domain.assembly.reach import Owner
from tests.support.scripted_cloud import ID, ScriptedCloud, refusal


class Refusing:
    """Refuses so many times with a code, then answers; `slept` is what was waited."""

    def __init__(self, code: str, times: int) -> None:
        self.code, self.times, self.calls = code, times, 0
        self.slept: list[float] = []

    def __call__(self) -> str:
        self.calls += 1
        if self.calls <= self.times:
            raise refusal(self.code, "Rate exceeded")
        return "answer"


@pytest.mark.parametrize("code", sorted(TRANSIENT))
def test_a_transient_refusal_is_repeated_after_growing_pauses(code: str) -> None:
    call = Refusing(code, len(PAUSES))

    assert persist(call, pause=call.slept.append) == "answer"
    assert call.slept == list(PAUSES) == sorted(set(PAUSES))


def test_a_transient_refusal_fails_in_the_end_with_its_reason() -> None:
    call = Refusing("Throttling", 99)

    with pytest.raises(AwsUnreachable, match=r"Throttling: Rate exceeded \(5 attempts\)"):
        persist(call, pause=call.slept.append)

    assert (call.calls, call.slept) == (len(PAUSES) + 1, list(PAUSES))


@pytest.mark.parametrize("code", ["AccessDenied", "ValidationError", "LimitExceededException"])
def test_another_refusal_fails_at_once_whatever_its_text(code: str) -> None:
    call = Refusing(code, 99)

    with pytest.raises(ClientError):
        persist(call, pause=call.slept.append)

    assert (call.calls, call.slept) == (1, [])


@dataclass
class Unhurried(Watch):
    """Does not wait, and remembers how long it would have."""

    slept: list[float] = field(default_factory=list)

    @override
    def pause(self, seconds: float) -> None:
        self.slept.append(seconds)


def test_a_stack_that_changes_is_followed_through_throttling() -> None:
    cloud, watch = ScriptedCloud(Owner(uuid4(), uuid4()), "UPDATE_COMPLETE"), Unhurried()
    stack = Stack("shop-dev", ID, "UPDATE_IN_PROGRESS", {}, {})
    operation = Operation(cloud.access, stack, watch=watch, ours=False)
    describe, refusing = cloud.describe_stacks, Refusing("Throttling", 2)

    def described(**given: object) -> dict[str, object]:
        refusing()
        return describe(**given)

    cloud.describe_stacks = described  # type: ignore[method-assign]  # the script itself

    assert operation.follow().stack.status == "UPDATE_COMPLETE"
    assert watch.slept == list(PAUSES[:2])


def test_botocore_itself_repeats_in_its_standard_mode_and_is_bounded() -> None:
    credentials = AwsCredentials(access_key_id="1", secret_access_key=SecretStr("test"))

    config = vars(Access(credentials, "eu-west-1", None).cloudformation.meta.config)

    assert config["retries"] == {"mode": "standard", "total_max_attempts": 8}
