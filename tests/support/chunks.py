"""Makes chunks of log lines for tests of what keeps and shows them."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from trellis_contracts.logs import ChunkLine, LogChunk
from trellis_contracts.names import derived_id
from trellis_contracts.steps import Step

RUN = derived_id("run")
AT = datetime(2026, 1, 1, tzinfo=UTC)


def chunk(texts: Sequence[str], *, first: int = 0, last: bool = False, run: UUID = RUN) -> LogChunk:
    """The lines as one chunk of a run."""
    return LogChunk(
        application_id=derived_id("application"),
        environment_id=derived_id("environment"),
        deployment_id=derived_id("deployment"),
        run_id=run,
        first=first,
        step=Step.INSTALL,
        lines=tuple(
            ChunkLine(at=AT + timedelta(milliseconds=seq), text=text)
            for seq, text in enumerate(texts, first)
        ),
        last=last,
    )


def numbered(start: int, end: int, *, last: bool = False, run: UUID = RUN) -> LogChunk:
    """The lines `start` to `end - 1` of a run whose lines say their number."""
    return chunk([text(seq) for seq in range(start, end)], first=start, last=last, run=run)


def text(seq: int) -> str:
    """What the numbered line says."""
    return f"line {seq} of a build that prints what builds print"


def chunks(lines: int, *, size: int, run: UUID = RUN) -> Iterator[LogChunk]:
    """A whole run in chunks."""
    for start in range(0, lines, size):
        end = min(start + size, lines)
        yield numbered(start, end, last=end == lines, run=run)
