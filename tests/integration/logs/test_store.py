"""Lines lie on the disk once, whole and in order, whatever order chunks come in."""

import hashlib
import itertools
import os
import random
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from services.logs.adapters.frames import Frame
from services.logs.adapters.run_file import RunFile
from services.logs.adapters.store import (
    LogStore,
    LogsUnavailable,
    Page,
    UnsupportedArchive,
    folder_of,
)
from tests.support.chunks import RUN, chunk, chunks, numbered, text
from tests.support.waiting import until
from trellis_contracts.logs import LogChunk, LogLine
from trellis_contracts.names import derived_id


def everything(store: LogStore, *, limit: int = 1000) -> list[LogLine]:
    lines: list[LogLine] = []
    while page := store.read(RUN, after=lines[-1].seq if lines else -1, limit=limit).lines:
        lines += page
    return lines


def file_of(folder: Path) -> Path:
    (found,) = folder.glob("*/*.chunks")
    return found


def test_a_hundred_thousand_lines_come_out_as_they_went_in(tmp_path: Path) -> None:
    store = LogStore(tmp_path)
    for part in chunks(100_000, size=700):
        assert store.keep(part)
    store.sync()
    sent, kept = hashlib.sha256(), hashlib.sha256()
    for seq in range(100_000):
        sent.update(text(seq).encode() + b"\n")
    for line in everything(LogStore(tmp_path), limit=5000):
        kept.update(line.text.encode() + b"\n")
    assert kept.digest() == sent.digest()


def test_chunks_that_overlap_repeat_and_come_in_any_order_make_each_line_once(
    tmp_path: Path,
) -> None:
    parts = [numbered(a, b, last=b == 40) for a, b in itertools.pairwise(range(0, 41, 5))]
    parts += [numbered(3, 17), numbered(0, 40, last=True), numbered(38, 40, last=True), *parts]
    shuffled = random.Random(7)  # noqa: S311 - the same order each time
    for attempt in range(20):
        shuffled.shuffle(parts)
        store = LogStore(tmp_path / str(attempt))
        news = [store.keep(part) for part in parts]
        assert not all(news)
        lines = everything(store)
        assert [line.seq for line in lines] == list(range(40))
        assert [line.text for line in lines] == [text(seq) for seq in range(40)]
        assert store.read(RUN, after=39, limit=10) == Page((), None, ended=True)
        assert everything(LogStore(tmp_path / str(attempt))) == lines


def test_missing_lines_are_shown_as_one_and_filled_when_they_arrive(tmp_path: Path) -> None:
    store = LogStore(tmp_path)
    store.keep(numbered(0, 3))
    store.keep(numbered(7, 9, last=True))
    before = store.read(RUN, after=-1, limit=100)
    assert [line.seq for line in before.lines] == [0, 1, 2]
    assert before.gap
    assert (before.gap.seq, before.ended) == (6, False)
    assert "3 to 6 are missing" in before.gap.text
    behind = store.read(RUN, after=before.gap.seq, limit=100)
    assert ([line.seq for line in behind.lines], behind.ended) == ([7, 8], True)
    store.keep(numbered(3, 7))
    whole = store.read(RUN, after=-1, limit=100)
    assert [line.seq for line in whole.lines] == list(range(9))
    assert (whole.gap, whole.ended) == (None, True)


def test_the_end_may_come_without_lines_and_before_them(tmp_path: Path) -> None:
    store = LogStore(tmp_path)
    assert store.keep(chunk([], first=2, last=True))
    assert not store.keep(chunk([], first=2, last=True))
    gap = store.read(RUN, after=-1, limit=10).gap
    assert gap
    assert gap.seq == 1
    store.keep(numbered(0, 2))
    page = store.read(RUN, after=-1, limit=10)
    assert (len(page.lines), page.ended) == (2, True)


def test_any_line_is_found_without_reading_the_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = LogStore(tmp_path)
    for part in chunks(10_000, size=100):
        store.keep(part)
    read: list[int] = []
    whole = RunFile.read

    def counted(run: RunFile, frame: Frame) -> LogChunk:
        read.append(frame.first)
        return whole(run, frame)

    monkeypatch.setattr(RunFile, "read", counted)
    page = store.read(RUN, after=7_349, limit=3)
    assert [line.seq for line in page.lines] == [7_350, 7_351, 7_352]
    assert read == [7_300]


def test_a_page_of_long_lines_ends_early(tmp_path: Path) -> None:
    store = LogStore(tmp_path)
    for seq in range(0, 200, 10):
        store.keep(chunk(["x" * 16_000] * 10, first=seq, last=seq == 190))
    assert len(store.read(RUN, after=-1, limit=5000).lines) < 40
    assert len(everything(store)) == 200


def test_lines_are_made_safe_before_they_are_kept(tmp_path: Path) -> None:
    store = LogStore(tmp_path)
    secret = "ghp_" + "a1B2" * 9
    key = ["-----BEGIN PRIVATE KEY-----", "MIIEvQIBADANBgkqhkiG", "-----END PRIVATE KEY-----"]
    store.keep(chunk([f"\x1b]0;t\x07token {secret}", key[0]]))
    store.keep(chunk(key[1:], first=2, last=True))
    kept = file_of(tmp_path).read_text(errors="replace")
    assert secret not in kept
    assert key[1] not in kept
    assert everything(store)[0].text == "token ghp_***"


@pytest.mark.parametrize("torn", [1, 20, 60, 200])
def test_a_frame_that_a_crash_left_half_does_not_count(tmp_path: Path, torn: int) -> None:
    store = LogStore(tmp_path)
    store.keep(numbered(0, 5))
    whole = file_of(tmp_path).stat().st_size
    store.keep(numbered(5, 10))
    os.truncate(file_of(tmp_path), whole + torn)
    again = LogStore(tmp_path)
    assert [line.seq for line in everything(again)] == [0, 1, 2, 3, 4]
    assert again.keep(numbered(5, 10, last=True))
    assert everything(LogStore(tmp_path)) == everything(again)
    assert len(everything(again)) == 10


def test_a_frame_that_the_disk_changed_is_not_shown(tmp_path: Path) -> None:
    store = LogStore(tmp_path)
    store.keep(numbered(0, 5))
    at = file_of(tmp_path).stat().st_size
    store.keep(numbered(5, 10))
    with file_of(tmp_path).open("r+b") as file:
        file.seek(at + 100)
        file.write(b"\xff")
    assert len(everything(LogStore(tmp_path))) == 5


def test_a_full_disk_keeps_nothing_and_takes_the_same_chunk_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = LogStore(tmp_path)
    store.keep(numbered(0, 5))

    def half(file: int, body: bytes, at: int) -> int:
        written = os.write(file, bytes(body[:7])) if os.lseek(file, at, os.SEEK_SET) else 0
        raise OSError(28, f"No space left on device after {written}")

    with monkeypatch.context() as patched:
        patched.setattr(os, "pwrite", half)
        with pytest.raises(LogsUnavailable, match="Free the disk"):
            store.keep(numbered(5, 10))
    assert len(everything(store)) == 5
    assert store.keep(numbered(5, 10))
    assert len(everything(LogStore(tmp_path))) == 10


WRITER = """
import sys
from pathlib import Path
from services.logs.adapters.store import LogStore
from tests.support.chunks import numbered
store = LogStore(Path(sys.argv[1]))
for start in range(0, 10**9, 50):
    store.keep(numbered(start, start + 50))
"""


def test_a_writer_that_is_killed_leaves_no_torn_line(tmp_path: Path) -> None:
    writer = subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path)])
    try:
        for _ in range(3):
            size = until(lambda: sum(f.stat().st_size for f in tmp_path.glob("*/*")))
            until(lambda: sum(f.stat().st_size for f in tmp_path.glob("*/*")) > size)  # noqa: B023 - called at once
    finally:
        writer.send_signal(signal.SIGKILL)
        writer.wait()
    lines = everything(LogStore(tmp_path), limit=5000)
    assert len(lines) % 50 == 0
    assert lines
    assert [line.text for line in lines] == [text(seq) for seq in range(len(lines))]


def test_runs_that_are_old_enough_are_removed(tmp_path: Path) -> None:
    store = LogStore(tmp_path)
    store.keep(numbered(0, 5))
    old = file_of(tmp_path)
    store.keep(numbered(0, 5, run=derived_id("another run")))
    os.utime(old, (0, time.time() - 3 * 86_400))
    assert store.remove_older_than(datetime.now(UTC) - timedelta(days=2)) == 1
    assert not old.exists()
    assert everything(store) == []
    assert store.read(derived_id("another run"), after=-1, limit=10).lines


def test_more_runs_than_are_kept_open_are_all_there(tmp_path: Path) -> None:
    store = LogStore(tmp_path)
    runs = [derived_id("run", number) for number in range(300)]
    for start in (0, 3):
        for run in runs:
            store.keep(numbered(start, start + 3, run=run))
    assert all(len(store.read(run, after=-1, limit=10).lines) == 6 for run in runs)


def test_a_url_names_its_folder_or_is_refused() -> None:
    assert folder_of("file:///a/b%20c") == Path("/a/b c")
    with pytest.raises(UnsupportedArchive, match="TRELLIS_LOG_ARCHIVE"):
        folder_of("s3://bucket/logs")
