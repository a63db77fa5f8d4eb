"""The lines of one run on their way out: masked, numbered, in chunks, none lost while we live."""

import asyncio
from collections import deque
from collections.abc import Mapping
from contextlib import suppress

from services.builder.domain.error_lines import complaint
from services.builder.domain.run import RunIds
from services.chassis import tasks
from services.chassis.bus.errors import PublishRefused
from services.chassis.bus.sending import Bus
from services.chassis.clock import Clock
from services.chassis.logging import get_logger
from services.chassis.masking import Masker
from services.chassis.unavailable import Unavailable
from trellis_contracts import codec, subjects
from trellis_contracts.logs import LONGEST_LINE, ChunkLine, LogChunk
from trellis_contracts.steps import Step

WINDOW_SECONDS = 0.1
"""The first line goes out at once, what follows at most this much later, together."""

CHUNK_CHARACTERS = 64 * 1024
MOST_WAITING = 8 * 1024 * 1024
"""Characters that may wait for the bus before the program that prints them is held up."""

_CUT = " … (line cut)"
_PAUSE_SECONDS = 1.0


class RunLog:
    """What a run prints; `tail` and `complaint` give lines of it, masked as everything else."""

    def __init__(self, bus: Bus, ids: RunIds, *, secrets: Mapping[str, str], clock: Clock) -> None:
        """Takes the secrets of the run by name: their values never leave."""
        self._bus, self._ids, self._clock = bus, ids, clock
        self._masker = Masker(secrets)
        self._notices = self._masker.notices
        self._step = Step.CHECKOUT
        self._rest = b""
        self._tail: deque[str] = deque(maxlen=20)
        self._error: str | None = None
        self._waiting: deque[tuple[Step, ChunkLine]] = deque()
        self._size = 0
        self._sent = 0
        self._changed = asyncio.Condition()
        self._ended = False
        self._sender = asyncio.create_task(self._send_all())

    async def begin(self, step: Step) -> None:
        """Say that what follows belongs to this step."""
        await self.flush()
        self._step = step
        self._tail.clear()
        notices, self._notices = self._notices, ()
        for notice in notices:
            await self.say(str(notice))

    async def write(self, output: bytes) -> None:
        """Take what a program printed, in pieces of any size."""
        await self._split(self._masker.feed(output))

    async def say(self, text: str) -> None:
        """Add lines of Trellis's own, after what was printed so far."""
        await self.flush()
        await self._split(text.encode() + b"\n")

    async def flush(self) -> None:
        """Let out what was held back: the last line without its end, a masker's rest."""
        await self._split(self._masker.flush())
        if self._rest:
            await self._split(b"\n")

    def tail(self) -> tuple[str, ...]:
        """Give the newest lines of this step, oldest first."""
        return tuple(self._tail)

    def begin_program(self) -> None:
        """Forget what an earlier program of the step complained of."""
        self._error = None

    def complaint(self) -> str | None:
        """Give the first line of the newest program that looks like its error, to be shown."""
        return self._error

    async def end(self, *, patience: float = 30) -> None:
        """Send everything and say that it was the last; give up on a dead bus after `patience`."""
        await self.flush()
        async with self._changed:
            self._ended = True
            self._changed.notify_all()
        with suppress(TimeoutError):
            await asyncio.wait_for(asyncio.shield(self._sender), patience)
        await tasks.end(self._sender)

    async def _split(self, masked: bytes) -> None:
        if not masked:
            return
        *lines, self._rest = (self._rest + masked).split(b"\n")
        if len(self._rest) > 4 * LONGEST_LINE:
            self._rest = self._rest[: 4 * LONGEST_LINE]
        now = self._clock()
        for line in lines:
            self._add(ChunkLine(at=now, text=_shown(line)))
        async with self._changed:
            self._changed.notify_all()
            await self._changed.wait_for(lambda: self._size <= MOST_WAITING)

    def _add(self, line: ChunkLine) -> None:
        self._tail.append(line.text[:1024])
        self._error = complaint(self._error, line.text)
        self._waiting.append((self._step, line))
        self._size += len(line.text) + 1

    async def _send_all(self) -> None:
        while True:
            async with self._changed:
                await self._changed.wait_for(lambda: bool(self._waiting) or self._ended)
            chunk = self._next_chunk()
            await self._publish(chunk)
            if chunk.last:
                return
            if self._size < CHUNK_CHARACTERS and not self._ended:
                await asyncio.sleep(WINDOW_SECONDS)

    def _next_chunk(self) -> LogChunk:
        step = self._waiting[0][0] if self._waiting else self._step
        lines: list[ChunkLine] = []
        size = 0
        while self._waiting and self._waiting[0][0] is step and size < CHUNK_CHARACTERS:
            lines.append(self._waiting.popleft()[1])
            size += len(lines[-1].text) + 1
        ids = {name: value for name, value in self._ids.items() if name != "number"}
        last = self._ended and not self._waiting
        return LogChunk.model_validate(
            {**ids, "first": self._sent, "step": step, "lines": lines, "last": last}
        )

    async def _publish(self, chunk: LogChunk) -> None:
        name = f"{chunk.run_id}:{chunk.first}:{len(chunk)}"
        while True:
            try:
                await self._bus.publish(
                    subjects.log(chunk.run_id), codec.encode(chunk), message_id=name
                )
                break
            except (Unavailable, PublishRefused) as outage:
                get_logger().warning("log lines wait for the bus", reason=str(outage))
                await asyncio.sleep(_PAUSE_SECONDS)
        async with self._changed:
            self._sent += len(chunk)
            self._size -= sum(len(line.text) + 1 for line in chunk.lines)
            self._changed.notify_all()


def _shown(line: bytes) -> str:
    text = line.decode("utf-8", "replace").rstrip("\r")
    return text if len(text) <= LONGEST_LINE else text[:LONGEST_LINE] + _CUT
