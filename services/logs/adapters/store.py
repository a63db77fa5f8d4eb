"""Where the lines of all runs are kept: a folder, in it one file a run (docs/decisions/0015).

LogsUnavailable       the disk does not take or give them now
UnsupportedArchive    the URL names a place that this release cannot keep logs in
"""

import os
from collections import OrderedDict
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from urllib.parse import unquote, urlsplit

from services.chassis.unavailable import Unavailable
from services.logs.adapters.run_file import RunFile, cut
from trellis_contracts.logs import LogChunk, LogLine
from trellis_contracts.names import RunId

_OPEN_RUNS = 128
_PAGE_CHARACTERS = 256 * 1024
_SUFFIX = ".chunks"


class LogsUnavailable(Unavailable):
    """Lines cannot be kept or read now: the disk is full or gone."""

    def __init__(self, reason: str) -> None:
        """Takes what the system said."""
        self.reason = reason
        super().__init__(f"Log lines cannot be kept or read: {reason}. Free the disk.")


class UnsupportedArchive(Exception):
    """The URL's scheme cannot be opened; the URL is not repeated, it may hold a password."""

    def __init__(self, scheme: str) -> None:
        """Takes the scheme."""
        self.scheme = scheme
        super().__init__(
            f"Logs cannot be kept at '{scheme}:' yet: set TRELLIS_LOG_ARCHIVE to file:///<folder>."
        )


@dataclass(frozen=True)
class Page:
    """Lines that follow each other without a gap.

    `gap` stands for lines that are missing behind them, `ended` says that no line of the run
    follows; with neither there may be more now or later.
    """

    lines: tuple[LogLine, ...]
    gap: LogLine | None
    ended: bool


class LogStore:
    """The lines of every run. One thread keeps; any number read, each as fast as it likes."""

    def __init__(self, folder: Path) -> None:
        """Takes the folder, made when there is something to keep."""
        self._folder = folder
        self._turn = Lock()
        self._runs: OrderedDict[RunId, RunFile] = OrderedDict()
        self._unsynced: set[Path] = set()

    def keep(self, chunk: LogChunk) -> bool:
        """Keep the chunk's new lines where a reader sees them; says if there were any.

        Raises:
            LogsUnavailable: none of it was kept; give it again later.
        """
        run = self._run(chunk.run_id)
        begins = len(run) == 0
        try:
            news = run.keep(chunk)
        except OSError as error:
            raise LogsUnavailable(str(error)) from error
        if news:
            with self._turn:
                self._unsynced.add(run.path)
                if begins:
                    self._unsynced |= {run.path.parent, self._folder}
        return news

    def sync(self) -> None:
        """Return once everything kept before is on the disk.

        Raises:
            LogsUnavailable: it may not be.
        """
        with self._turn:
            paths, self._unsynced = self._unsynced, set()
        try:
            for path in paths:
                _sync(path)
        except OSError as error:
            with self._turn:
                self._unsynced |= paths
            raise LogsUnavailable(str(error)) from error

    def read(self, run_id: RunId, *, after: int, limit: int) -> Page:
        """Read at most `limit` lines after a line, and no more than about 256 Ki characters.

        Raises:
            LogsUnavailable: the file cannot be read.
        """
        run = self._run(run_id)
        end = run.ended_at()
        lines: list[LogLine] = []
        gap, characters, at = None, 0, after + 1
        try:
            for frame in run.frames(after=after):
                if len(lines) >= limit or characters >= _PAGE_CHARACTERS:
                    break
                chunk = run.read(frame)
                if frame.first > at:
                    gap = _gap(at, chunk, kept_at=run.path.stat().st_mtime)
                    break
                taken = cut(chunk, at, min(frame.end, at + limit - len(lines)))
                lines += taken.log_lines()
                characters += sum(len(line.text) for line in taken.lines)
                at += len(taken)
        except OSError as error:
            raise LogsUnavailable(str(error)) from error
        return Page(tuple(lines), gap, ended=end is not None and at >= end)

    def remove_older_than(self, moment: datetime) -> int:
        """Remove the runs whose last line was kept before the moment; says how many."""
        removed = 0
        for path in self._folder.glob(f"*/*{_SUFFIX}"):
            if path.stat().st_mtime < moment.timestamp():
                with self._turn:
                    self._runs.pop(RunId(path.stem), None)
                    path.unlink()
                removed += 1
        return removed

    def _run(self, run_id: RunId) -> RunFile:
        with self._turn:
            run = self._runs.get(run_id)
            if run is None:
                run = self._runs[run_id] = RunFile(self._path(run_id))
            self._runs.move_to_end(run_id)
            if len(self._runs) > _OPEN_RUNS:
                self._runs.popitem(last=False)
        return run

    def _path(self, run_id: RunId) -> Path:
        return self._folder / run_id.hex[:2] / f"{run_id}{_SUFFIX}"


def folder_of(url: str) -> Path:
    """Give the folder that a `file:` URL with an absolute path names.

    Raises:
        UnsupportedArchive: any other URL.
    """
    parts = urlsplit(url)
    if parts.scheme != "file" or parts.netloc:
        raise UnsupportedArchive(parts.scheme)
    return Path(unquote(parts.path))


def _gap(missing: int, following: LogChunk, *, kept_at: float) -> LogLine:
    """The line shown in place of missing ones; its number is that of the last of them."""
    last = following.first - 1
    text = f"[Trellis: lines {missing} to {last} are missing; they are shown once they arrive]"
    at = following.lines[0].at if following.lines else datetime.fromtimestamp(kept_at, UTC)
    return LogLine(seq=last, at=at, step=following.step, text=text)


def _sync(path: Path) -> None:
    try:
        file = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return
    try:
        os.fdatasync(file)
    finally:
        os.close(file)
