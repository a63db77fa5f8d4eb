"""What a program of a run may take of time, silence and memory, and which event its excess is."""

from dataclasses import dataclass
from typing import assert_never

from services.builder.adapters.isolation.room import Room
from services.builder.adapters.isolation.watch import Reason
from services.builder.domain.run import RunIds
from trellis_contracts.limit_failures import (
    BuilderMemoryExhausted,
    LimitFailure,
    MemoryExceeded,
    RunSilent,
    StepTimedOut,
)
from trellis_contracts.sizes import BuildSize
from trellis_contracts.steps import Step


@dataclass(frozen=True, kw_only=True)
class Limits:
    """The limits of a program, and whose it is."""

    ids: RunIds
    step: Step
    size: BuildSize
    builder: str
    step_seconds: int
    silence_seconds: int


def failure_of(reason: Reason, limits: Limits, tail: tuple[str, ...]) -> LimitFailure | None:
    """Give the event of a program that was ended for this reason; None: it ended by itself."""
    ids, step, size = limits.ids, limits.step, limits.size
    match reason:
        case Reason.EXITED:
            return None
        case Reason.SILENT:
            return RunSilent(**ids, step=step, seconds=limits.silence_seconds, tail=tail)
        case Reason.TIMED_OUT:
            return StepTimedOut(**ids, step=step, seconds=limits.step_seconds, tail=tail)
        case Reason.OUT_OF_ROOM:
            return MemoryExceeded(**ids, step=step, size=size, tail=tail)
        case Reason.OUT_OF_MEMORY:
            return BuilderMemoryExhausted(
                **ids, step=step, size=size, builder=limits.builder, tail=tail
            )
        case _:
            assert_never(reason)


def heap_option(size: BuildSize) -> str:
    """Tell node how much of its room its heap may fill: it would ask for the machine's else."""
    return f"--max-old-space-size={size.memory_mib * 3 // 4}"


def shortage(size: BuildSize, machine: Room) -> str | None:
    """Say what a machine lacks of a size; None when it has it."""
    if machine.memory_bytes >= size.memory_mib << 20 and machine.cpus >= size.cpus:
        return None
    return (
        f"This builder has {machine.memory_bytes >> 20} MiB and {machine.cpus} processors, less "
        f"than the size {size} ({size.memory_mib} MiB, {size.cpus})"
    )
