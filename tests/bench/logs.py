"""Lines through the log store, to the disk and to a reader, against a bare file.

Chunks have the size that a builder sends when a program prints as fast as it can. Both run in
turns; the median of the rounds' ratios is judged. Run as `python -m tests.bench logs`.
"""

import os
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from services.logs.adapters.store import LogStore
from tests.support.chunks import RUN, chunks, text
from trellis_contracts.logs import LogChunk

_LINES = 100_000
_CHUNK = 1_200
_SYNC_EVERY = 8
_PAGE = 5_000
_ROUNDS = 5


def measure() -> dict[str, dict[str, float]]:
    """Return figures by stable names.

    `log_keep`: lines a second redacted, kept and synced; `ratio` to the same text appended to a
    file and synced as often, and the latency of keeping one chunk in ms. `log_read`: lines a second
    in pages, as a reader from the first line on gets them; `ratio` to reading that file by lines.
    """
    given = list(chunks(_LINES, size=_CHUNK))
    kept, read, waits = [], [], list[float]()
    bare_kept, bare_read = [], []
    with tempfile.TemporaryDirectory() as folder:
        for number in range(_ROUNDS):
            place = Path(folder) / f"round-{number}"
            place.mkdir()
            bare_kept.append(_append(place / "bare.log", given))
            bare_read.append(_read_bare(place / "bare.log"))
            store = LogStore(place / "logs")
            kept.append(_keep(store, given, waits))
            read.append(_read(LogStore(place / "logs")))
    return {
        "log_keep": {**_compared(kept, bare_kept), **_percentiles(waits)},
        "log_read": _compared(read, bare_read),
    }


def _keep(store: LogStore, given: Sequence[LogChunk], waits: list[float]) -> float:
    """Give the seconds of keeping everything, and add those of each chunk to `waits`."""
    began = time.perf_counter()
    for number, chunk in enumerate(given, 1):
        start = time.perf_counter()
        store.keep(chunk)
        waits.append(time.perf_counter() - start)
        if number % _SYNC_EVERY == 0:
            store.sync()
    store.sync()
    return time.perf_counter() - began


def _append(file: Path, given: Sequence[LogChunk]) -> float:
    began = time.perf_counter()
    with file.open("ab", buffering=0) as log:
        for number, chunk in enumerate(given, 1):
            log.write("".join(f"{line.text}\n" for line in chunk.lines).encode())
            if number % _SYNC_EVERY == 0:
                os.fdatasync(log.fileno())
        os.fdatasync(log.fileno())
    return time.perf_counter() - began


def _read(store: LogStore) -> float:
    """Give the seconds of reading every line, in a process that has not seen the file yet."""
    began = time.perf_counter()
    after, ended = -1, False
    while not ended:
        page = store.read(RUN, after=after, limit=_PAGE)
        after, ended = page.lines[-1].seq, page.ended
    seconds = time.perf_counter() - began
    if (after, page.lines[-1].text) != (_LINES - 1, text(_LINES - 1)):
        raise AssertionError(f"the last line read is {after}")
    return seconds


def _read_bare(file: Path) -> float:
    began = time.perf_counter()
    with file.open(encoding="utf-8") as log:
        count = sum(1 for _ in log)
    seconds = time.perf_counter() - began
    if count != _LINES:
        raise AssertionError(f"{count} lines were read")
    return seconds


def _compared(ours: Sequence[float], theirs: Sequence[float]) -> dict[str, float]:
    return {
        "ratio": statistics.median(b / a for a, b in zip(ours, theirs, strict=True)),
        "lines_per_second": _LINES / statistics.median(ours),
        "bare_per_second": _LINES / statistics.median(theirs),
    }


def _percentiles(seconds: Sequence[float]) -> dict[str, float]:
    cuts = statistics.quantiles(seconds, n=100)
    return {"p50_ms": cuts[49] * 1000, "p99_ms": cuts[98] * 1000}
