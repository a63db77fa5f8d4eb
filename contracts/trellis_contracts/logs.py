"""LogLine, the public contract of logs, and the chunks in which lines travel."""

from collections.abc import Iterator

from pydantic import Field

from trellis_contracts.message import Message, UtcDatetime
from trellis_contracts.names import ApplicationId, DeploymentId, EnvironmentId, RunId
from trellis_contracts.steps import Step

LONGEST_LINE = 16_384
"""Characters; a longer line is cut and says so."""


class LogLine(Message):
    """One line of a run: `seq` counts from 0 within the run, without a gap."""

    seq: int = Field(ge=0)
    at: UtcDatetime
    step: Step
    text: str = Field(max_length=LONGEST_LINE + 64)


class ChunkLine(Message):
    """A line in its chunk, whose place gives its number."""

    at: UtcDatetime
    text: str = Field(max_length=LONGEST_LINE + 64)


class LogChunk(Message):
    """Lines `first` to `first + len(lines) - 1` of a run, all of one step, secrets masked.

    `last` says that no line follows in this run.
    """

    application_id: ApplicationId
    environment_id: EnvironmentId
    deployment_id: DeploymentId
    run_id: RunId
    first: int = Field(ge=0)
    step: Step
    lines: tuple[ChunkLine, ...]
    last: bool = False

    def __len__(self) -> int:
        """The number of lines."""
        return len(self.lines)

    def log_lines(self) -> Iterator[LogLine]:
        """Yield the lines with their numbers."""
        for seq, line in enumerate(self.lines, self.first):
            yield LogLine(seq=seq, at=line.at, step=self.step, text=line.text)
