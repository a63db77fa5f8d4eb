"""A program of a run took more than it may: time, silence or memory."""

from typing import ClassVar

from typing_extensions import override

from trellis_contracts.failing import RunFailure
from trellis_contracts.parties import Party
from trellis_contracts.sizes import BuildSize
from trellis_contracts.steps import Step


class RunSilent(RunFailure):
    """A step's program wrote no line for longer than it may, and was ended."""

    step: Step
    seconds: int

    @property
    @override
    def sentence(self) -> str:
        return (
            f"The step {self.step} wrote no line for {self.seconds} seconds and was ended: see "
            "whether it waits for an answer, let it say how far it is, or allow it more with "
            "`trellis apps settings APP ENV --silence-minutes`."
        )


class StepTimedOut(RunFailure):
    """A step's program took longer than one program may on this builder."""

    must_act: ClassVar[Party] = Party.TEAM
    step: Step
    seconds: int

    @property
    @override
    def sentence(self) -> str:
        return (
            f"A program of the step {self.step} took longer than {self.seconds} seconds and was "
            "ended: make it shorter, or have the builder's TRELLIS_STEP_SECONDS raised."
        )


class MemoryExceeded(RunFailure):
    """A step's program took more memory than the environment's size has, and was ended."""

    must_act: ClassVar[Party] = Party.TEAM
    step: Step
    size: BuildSize

    @property
    @override
    def sentence(self) -> str:
        larger = self.size.larger
        remedy = (
            f"let it take less, or set the next larger size with `trellis apps settings APP ENV "
            f"--size {larger}` ({larger.memory_mib} MiB)"
            if larger
            else "there is no larger size, so let it take less"
        )
        return (
            f"The step {self.step} took more memory than the size {self.size} has "
            f"({self.size.memory_mib} MiB) and was ended: {remedy}."
        )


class BuilderMemoryExhausted(RunFailure):
    """The builder's machine ran out of memory before the environment's size was reached."""

    must_act: ClassVar[Party] = Party.OPERATOR
    step: Step
    size: BuildSize
    builder: str

    @property
    @override
    def sentence(self) -> str:
        return (
            f"The machine of the builder {self.builder} ran out of memory in the step {self.step}, "
            f"before the size {self.size} ({self.size.memory_mib} MiB) was reached: give it more, "
            "or fewer slots (TRELLIS_BUILDER_SLOTS), then deploy again."
        )


LimitFailure = RunSilent | StepTimedOut | MemoryExceeded | BuilderMemoryExhausted
