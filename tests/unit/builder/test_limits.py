"""What a program may take, and which failure its excess is."""

from typing import get_args
from uuid import UUID

import pytest

from services.builder.adapters.isolation.room import Room
from services.builder.adapters.isolation.watch import Reason
from services.builder.adapters.limits import Limits, failure_of, heap_option, shortage
from services.builder.adapters.steps.commands import variables_of
from services.builder.domain.run import RunIds
from tests.support.deployments import release
from trellis_contracts.limit_failures import (
    BuilderMemoryExhausted,
    LimitFailure,
    MemoryExceeded,
    RunSilent,
    StepTimedOut,
)
from trellis_contracts.releases import StackOutputs
from trellis_contracts.sizes import BuildSize
from trellis_contracts.steps import Step

ID = UUID(int=1)
LIMITS = Limits(
    ids=RunIds(application_id=ID, environment_id=ID, deployment_id=ID, number=1, run_id=ID),
    step=Step.INSTALL,
    size=BuildSize.SMALL,
    builder="b1",
    step_seconds=1800,
    silence_seconds=120,
)


@pytest.mark.parametrize(
    ("reason", "kind", "said"),
    [
        (Reason.SILENT, RunSilent, "install wrote no line for 120 seconds"),
        (Reason.TIMED_OUT, StepTimedOut, "install took longer than 1800 seconds"),
        (Reason.OUT_OF_ROOM, MemoryExceeded, "size small has (2048 MiB)"),
        (Reason.OUT_OF_MEMORY, BuilderMemoryExhausted, "builder b1 ran out of memory"),
    ],
)
def test_each_excess_has_its_failure(reason: Reason, kind: type[LimitFailure], said: str) -> None:
    failure = failure_of(reason, LIMITS, ("last words",))

    assert type(failure) is kind
    assert failure is not None
    assert said in failure.sentence
    assert failure.tail == ("last words",)


def test_a_program_that_ended_by_itself_took_no_more_than_it_may() -> None:
    assert failure_of(Reason.EXITED, LIMITS, ()) is None
    assert len(get_args(LimitFailure)) == len(Reason) - 1


def test_the_next_size_is_named_and_the_largest_has_none() -> None:
    sizes = list(BuildSize)
    assert [size.larger for size in sizes] == [*sizes[1:], None]
    assert [size.memory_mib for size in sizes] == sorted(size.memory_mib for size in sizes)
    largest = MemoryExceeded(**LIMITS.ids, step=Step.TEST, size=sizes[-1])
    assert "there is no larger size" in largest.sentence


def test_a_machine_that_has_less_than_a_size_says_so() -> None:
    machine = Room(4096 << 20, 2)

    assert shortage(BuildSize.MEDIUM, machine) is None
    assert "4096 MiB and 2 processors, less than the size large" in str(
        shortage(BuildSize.LARGE, machine)
    )


@pytest.mark.parametrize(("size", "mebibytes"), [(BuildSize.SMALL, 1536), (BuildSize.HUGE, 12_288)])
def test_nodes_heap_leaves_room_for_the_rest(size: BuildSize, mebibytes: int) -> None:
    assert heap_option(size) == f"--max-old-space-size={mebibytes}"


def test_of_two_outputs_with_one_name_the_later_stacks_is_the_variable() -> None:
    stacks = (
        StackOutputs(stack="a", stack_id="1", outputs={"Url": "first", "Own": "x"}),
        StackOutputs(stack="b", stack_id="2", outputs={"Url": "second"}),
    )
    found = variables_of(release().model_copy(update={"stacks": stacks}))

    assert found["TRELLIS_OUTPUT_Url"] == "second"
    assert found["TRELLIS_OUTPUT_Own"] == "x"
