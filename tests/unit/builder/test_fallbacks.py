"""What an environment runs is at hand wherever something may have to be put back to it."""

from uuid import uuid4

import pytest

from services.builder.adapters.steps.deploy import has_several
from trellis_contracts.releases import Cloud, Release, StackOutputs


@pytest.mark.parametrize(
    ("wanted", "had", "several"),
    [
        (["shop"], ["shop"], False),
        (["shop", "data"], ["shop"], True),
        (["shop"], ["shop", "data"], True),
        (["shop"], ["another"], True),
    ],
)
def test_only_a_lone_stack_needs_no_fallback(
    wanted: list[str], had: list[str], *, several: bool
) -> None:
    release = Release(
        deployment_id=uuid4(),
        commit="a" * 40,
        branch="main",
        framework="cdk",
        artifact="b" * 64,
        stacks=tuple(StackOutputs(stack=name, stack_id=f"arn/{name}") for name in had),
        cloud=Cloud(account="111122223333", region="eu-west-1"),
    )

    assert has_several(wanted, release) is several
