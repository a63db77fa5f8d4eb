"""Takes secret values out of a stream of output, before it leaves the process that reads it.

A value is found as it is and in the forms that tools print it in (URL, JSON, shell, hex, base64).
What else a program does to it first (reversing, compressing, base64 twice) is not promised.
"""

import json
import re
from base64 import b64encode
from bisect import insort
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import quote, quote_plus

import re2
from typing_extensions import override

MASK = b"***"
SHORTEST = 8
"""Shorter values are part of too much else to be masked."""

_HEAD = SHORTEST
_ENCODE_URI_COMPONENT_SAFE = "!'()*~-_."
_BASE64_LINE_LENGTHS = (64, 76)
_HEX_IN_URL = re.compile(rb"%[0-9A-F]{2}")
_IN_DOUBLE_QUOTES = re.compile(r'([\\"$`])')
_SPECIAL_IN_SHELL = re.compile(r"([^A-Za-z0-9_./:=@%+,-])")

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class TooShortToMask:
    """A secret (or a value inside a JSON secret, `NAME.key`) that is too short to be masked."""

    name: str

    @override
    def __str__(self) -> str:
        """Say it to the person who set the secret."""
        return (
            f"{self.name} has fewer than {SHORTEST} characters, so it is not masked in logs: "
            "set a longer one."
        )


class Masker:
    """Masks one stream of output; what it lets through does not depend on where chunks end.

    `notices` names the secrets that it cannot mask. Of the last output only what may be the
    beginning of a secret is held back, until the next `feed` or `flush`.
    """

    def __init__(self, secrets: Mapping[str, str | bytes]) -> None:
        """Takes the secrets by their names."""
        known = [leaf for name, value in secrets.items() for leaf in _values(name, value)]
        forms = {form for _, value in known for form in _forms(value) if len(form) >= SHORTEST}
        self.notices = tuple(TooShortToMask(name) for name, value in known if _is_short(value))
        self._longest = max(map(len, forms), default=0)
        self._by_head: dict[bytes, list[bytes]] = {}
        for form in forms:
            insort(self._by_head.setdefault(form[:_HEAD], []), form, key=lambda known: -len(known))
        self._beginnings = {head[:size] for head in self._by_head for size in range(1, _HEAD)}
        self._heads = re2.compile(b"|".join(map(re2.escape, self._by_head)), _re2_options())
        self._held = b""
        self._masked = 0

    def feed(self, chunk: bytes) -> bytes:
        """The next of the output that is safe to show."""
        if not self._by_head:
            return chunk
        text = self._held + chunk
        return self._pass_on(text, self._held_from(text))

    def flush(self) -> bytes:
        """What was held back, at the end of the output."""
        return self._pass_on(self._held, len(self._held))

    def _pass_on(self, text: bytes, end: int) -> bytes:
        """Mask the text before `end` and keep the rest; its first `_masked` bytes are masked."""
        safe, at = [], 0
        for start, stop in self._spans(text):
            goes_on = start == 0 < self._masked
            if start >= end and not goes_on:
                break
            if not goes_on:
                safe += [text[at:start], MASK]
            at = stop
        safe.append(text[at:end])
        self._held, self._masked = text[end:], max(0, at - end)
        return b"".join(safe)

    def _spans(self, text: bytes) -> Iterator[Span]:
        """Where secrets are, in order; overlapping ones are one span."""
        start, stop = 0, self._masked
        for at in self._candidates(text, 0):
            forms = self._by_head[text[at : at + _HEAD]]
            length = next((len(form) for form in forms if text.startswith(form, at)), 0)
            if not length:
                continue
            if at >= stop:
                if stop:
                    yield start, stop
                start = at
            stop = max(stop, at + length)
        if stop:
            yield start, stop

    def _candidates(self, text: bytes, at: int) -> Iterator[int]:
        """Where the first bytes of some form stand, from `at` on."""
        while match := self._heads.search(text, at) if self._by_head else None:
            yield match.start()
            at = match.start() + 1

    def _held_from(self, text: bytes) -> int:
        """Where the first beginning of a form stands that the end of the text cuts off."""
        size = len(text)
        for at in self._candidates(text, max(0, size - self._longest + 1)):
            rest = text[at:]
            forms = self._by_head[rest[:_HEAD]]
            if any(len(form) > len(rest) and form.startswith(rest) for form in forms):
                return at
        last = range(max(0, size - _HEAD + 1), size)
        return next((at for at in last if text[at:] in self._beginnings), size)


def _re2_options() -> re2.Options:
    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1
    options.never_capture = True
    options.max_mem = 64 << 20
    return options


def _is_short(value: bytes) -> bool:
    return len(value.decode(errors="replace").strip()) < SHORTEST


def _values(name: str, value: str | bytes) -> Iterator[tuple[str, bytes]]:
    """The secret, and where it is JSON the values inside it."""
    content = value.encode(errors="surrogateescape") if isinstance(value, str) else value
    yield name, content
    if content.lstrip()[:1] in (b"{", b"["):
        try:
            parsed = json.loads(content)
        except (ValueError, RecursionError):
            return
        yield from _leaves(name, parsed)


def _leaves(name: str, parsed: object) -> Iterator[tuple[str, bytes]]:
    open_ones = [(name, parsed)]
    while open_ones:
        path, one = open_ones.pop()
        if isinstance(one, str):
            yield path, one.encode(errors="surrogatepass")
        elif isinstance(one, int) and len(str(one)) >= SHORTEST:
            yield path, str(one).encode()
        elif isinstance(one, dict):
            open_ones += [(f"{path}.{key}", below) for key, below in one.items()]
        elif isinstance(one, list):
            open_ones += [(f"{path}.{index}", below) for index, below in enumerate(one)]


def _forms(value: bytes) -> Iterator[bytes]:
    """Every form in which the value is masked; none where the value itself is too short."""
    whole = value.strip()
    if _is_short(whole):
        return
    yield whole
    yield from (line.strip() for line in whole.splitlines())
    yield from _in_urls(whole)
    yield from _in_text(whole.decode(errors="surrogateescape"))
    yield from (whole.hex().encode(), whole.hex().upper().encode())
    yield from _in_base64(whole)


def _in_urls(value: bytes) -> Iterator[bytes]:
    for quoted in (
        quote(value, safe=""),
        quote(value),
        quote(value, safe=_ENCODE_URI_COMPONENT_SAFE),
        quote_plus(value),
    ):
        yield quoted.encode()
        yield _HEX_IN_URL.sub(lambda escape: escape[0].lower(), quoted.encode())


def _in_text(value: str) -> Iterator[bytes]:
    """As JSON and shells write it, without the quotes around it."""
    for form in (
        json.dumps(value)[1:-1],
        json.dumps(value, ensure_ascii=False)[1:-1],
        json.dumps(value)[1:-1].replace("/", "\\/"),
        value.replace("'", "'\\''"),
        value.replace("'", "'\"'\"'"),
        _IN_DOUBLE_QUOTES.sub(r"\\\1", value),
        _SPECIAL_IN_SHELL.sub(r"\\\1", value),
    ):
        yield form.encode(errors="surrogateescape")


def _in_base64(value: bytes) -> Iterator[bytes]:
    """At each of the three places in which it can begin, without characters that others share."""
    for before in range(3):
        encoded = b64encode(bytes(before) + value)
        first, last = -(-before * 8 // 6), (before + len(value)) * 8 // 6
        for form in (encoded, encoded.translate(bytes.maketrans(b"+/", b"-_"))):
            yield form[first:last]
            if before == 0:
                yield from _lines_of(form[:last])


def _lines_of(encoded: bytes) -> Iterator[bytes]:
    """The lines in which `base64` and `openssl` print what is long."""
    for length in _BASE64_LINE_LENGTHS:
        yield from (encoded[at : at + length] for at in range(0, len(encoded), length))
