"""How much of a builder the programs of a run may take."""

from enum import StrEnum
from typing import Self


class BuildSize(StrEnum):
    """A named amount of memory and processors."""

    SMALL = "small"
    MEDIUM = "medium"
    LARGE = "large"
    HUGE = "huge"

    @property
    def memory_mib(self) -> int:
        """What all processes of one program may hold together."""
        return {"small": 2048, "medium": 4096, "large": 8192, "huge": 16_384}[self.value]

    @property
    def cpus(self) -> int:
        """How many processors they run on."""
        return {"small": 1, "medium": 2, "large": 4, "huge": 8}[self.value]

    @property
    def larger(self) -> Self | None:
        """The next larger one; None for the largest."""
        sizes = list(type(self))
        place = sizes.index(self) + 1
        return sizes[place] if place < len(sizes) else None
