"""How fast output is masked, against copying it (T41: 1 GB in at most 30 s)."""

import secrets
import time
from collections.abc import Callable, Sequence

from services.chassis.masking import Masker

_MEBIBYTE = 1 << 20
_CHUNK = 65_536
_LINE = b"2026-01-01T12:00:00Z INFO  api handler compiled in 1.23 s, 42 modules, bundle 1.2 MB\n"


def measure(mebibytes: int = 32) -> dict[str, dict[str, float]]:
    """Megabytes a second for each case, and how much slower than a copy of the same chunks."""
    text = (_LINE * (mebibytes * _MEBIBYTE // len(_LINE) + 1))[: mebibytes * _MEBIBYTE]
    noise = secrets.token_bytes(mebibytes * _MEBIBYTE)
    few, many = _secrets(5), _secrets(100)
    leaking = (_LINE * 20 + few["S0"].encode() + b"\n") * (mebibytes * _MEBIBYTE // 1800)
    return {
        "masking_text_5_secrets": _compare(few, _chunks(text, _CHUNK)),
        "masking_text_100_secrets": _compare(many, _chunks(text, _CHUNK)),
        "masking_noise_100_secrets": _compare(many, _chunks(noise, _CHUNK)),
        "masking_secret_every_20_lines": _compare(few, _chunks(leaking, _CHUNK)),
        "masking_line_at_a_time": _compare(few, _chunks(text[: 4 * _MEBIBYTE], len(_LINE))),
    }


def _secrets(count: int) -> dict[str, str]:
    return {f"S{index}": secrets.token_urlsafe(32) for index in range(count)}


def _chunks(text: bytes, size: int) -> list[bytes]:
    return [text[at : at + size] for at in range(0, len(text), size)]


def _compare(values: dict[str, str], chunks: Sequence[bytes]) -> dict[str, float]:
    masker = Masker(dict(values))
    seconds = _seconds(masker.feed, chunks)
    alone = _seconds(lambda chunk: bytes(memoryview(chunk)), chunks)
    megabytes = sum(map(len, chunks)) / 1e6
    return {"megabytes_per_second": megabytes / seconds, "times_slower": seconds / alone}


def _seconds(take: Callable[[bytes], bytes], chunks: Sequence[bytes]) -> float:
    began = time.perf_counter()
    for chunk in chunks:
        take(chunk)
    return time.perf_counter() - began


if __name__ == "__main__":
    for case, figures in measure().items():
        print(case, {name: round(figure, 1) for name, figure in figures.items()})  # noqa: T201 - a bench is run by hand
