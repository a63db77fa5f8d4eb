"""The lines of one run: a file that only grows, and where each line is in it."""

import os
from bisect import bisect_right, insort
from collections.abc import Iterator
from operator import attrgetter
from pathlib import Path
from threading import Lock

from services.logs.adapters.frames import Frame, framed, whole_frames
from services.logs.domain import redact
from trellis_contracts import codec
from trellis_contracts.logs import LogChunk

_FIRST = attrgetter("first")


class RunFile:
    """Keeps each line of a run once, whatever order chunks come in; one writes, any number read.

    The chunk that first brings a line wins: what overlaps or repeats it is left out.
    """

    def __init__(self, path: Path) -> None:
        """Takes the file and finds what is whole in it; what a crash left half does not count."""
        self.path = path
        self._turn = Lock()
        self._frames: list[Frame] = []
        self._size = 0
        if path.exists():
            with path.open("rb") as file:
                for frame in whole_frames(file):
                    insort(self._frames, frame, key=_FIRST)
                    self._size = frame.stop

    def __len__(self) -> int:
        """The number of frames."""
        return len(self._frames)

    def ended_at(self) -> int | None:
        """Say how many lines the run has in all, once its last is known."""
        with self._turn:
            return next((frame.end for frame in reversed(self._frames) if frame.last), None)

    def frames(self, *, after: int) -> list[Frame]:
        """Give, in the order of their lines, the frames that hold any line after `after`."""
        with self._turn:
            start = bisect_right(self._frames, after + 1, key=_FIRST)
            if start and self._frames[start - 1].end > after + 1:
                start -= 1
            return self._frames[start:]

    def keep(self, chunk: LogChunk) -> bool:
        """Write those lines of a chunk that are not there yet, safe to show; says if any were.

        Raises:
            OSError: the disk took nothing of it; the same chunk may be given again.
        """
        missing = list(self._missing(chunk))
        if not missing:
            return False
        frames, bodies, at = [], [], self._size
        for piece in missing:
            frame, body = self._safe(piece, at)
            frames.append(frame)
            bodies.append(body)
            at = frame.stop
        self._write(b"".join(bodies))
        with self._turn:
            for frame in frames:
                insort(self._frames, frame, key=_FIRST)
            self._size = at
        return True

    def read(self, frame: Frame) -> LogChunk:
        """Read the lines of a frame.

        Raises:
            OSError: the file is gone, or cannot be read.
        """
        with self.path.open("rb") as file:
            file.seek(frame.offset)
            body = file.read(frame.length)
        chunk = codec.decode(LogChunk.__name__, frame.version, body)
        assert isinstance(chunk, LogChunk)  # noqa: S101 - what decode gives for that name
        return chunk

    def _missing(self, chunk: LogChunk) -> Iterator[LogChunk]:
        at, end = chunk.first, chunk.first + len(chunk)
        for frame in self.frames(after=chunk.first - 1):
            if frame.first >= end:
                break
            if frame.first > at:
                yield cut(chunk, at, frame.first)
            at = max(at, frame.end)
        if at < end or (chunk.last and self.ended_at() is None):
            yield cut(chunk, min(at, end), end)

    def _safe(self, piece: LogChunk, at: int) -> tuple[Frame, bytes]:
        texts = [line.text for line in piece.lines]
        redacted = redact(texts, in_key=self._in_key_before(piece.first))
        if list(redacted.lines) != texts:
            lines = tuple(
                line.model_copy(update={"text": text})
                for line, text in zip(piece.lines, redacted.lines, strict=True)
            )
            piece = piece.model_copy(update={"lines": lines})
        return framed(piece, in_key=redacted.in_key, at=at)

    def _in_key_before(self, first: int) -> int:
        before = bisect_right(self._frames, first, key=_FIRST)
        return self._frames[before - 1].in_key if before else 0

    def _write(self, body: bytes) -> None:
        """Write behind the last whole frame, over what an earlier try may have left there."""
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = os.open(self.path, os.O_WRONLY | os.O_CREAT, 0o600)
        try:
            os.ftruncate(file, self._size)
            written = 0
            while written < len(body):
                written += os.pwrite(file, memoryview(body)[written:], self._size + written)
        finally:
            os.close(file)


def cut(chunk: LogChunk, start: int, end: int) -> LogChunk:
    """Give the lines `start` to `end - 1` of a chunk, as a chunk."""
    whole = chunk.first + len(chunk)
    lines = chunk.lines[start - chunk.first : end - chunk.first]
    update = {"first": start, "lines": lines, "last": chunk.last and end == whole}
    return chunk.model_copy(update=update)
