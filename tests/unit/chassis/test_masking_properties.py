"""The masker on generated secrets: every encoding at every chunk border (promise S2)."""

import json
import re
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable
from itertools import pairwise
from urllib.parse import quote, quote_plus

from hypothesis import given, settings
from hypothesis import strategies as st

from services.chassis.masking import MASK, SHORTEST, Masker, _forms

# Never with the letter that the tests put around a secret, nor with one that ends a line.
SECRETS = st.text(
    st.characters(codec="utf-8", exclude_characters="~\n\r\t \x0b\x0c\x1c\x1d\x1e\x1f\x85\u2028"),
    min_size=SHORTEST,
    max_size=40,
).filter(lambda text: len(text.strip()) >= SHORTEST)

ENCODINGS: dict[str, Callable[[str], bytes]] = {
    "raw": str.encode,
    "url": lambda text: quote(text, safe="").encode(),
    "form": lambda text: quote_plus(text).encode(),
    "json": lambda text: json.dumps(text)[1:-1].encode(),
    "hex": lambda text: text.encode().hex().encode(),
    "base64": lambda text: b64encode(text.encode()),
    "base64url": lambda text: urlsafe_b64encode(text.encode()),
}


def fed(masker: Masker, chunks: list[bytes]) -> bytes:
    return b"".join(masker.feed(chunk) for chunk in chunks) + masker.flush()


def by_definition(secrets: dict[str, str], text: bytes) -> bytes:
    """What is masked when the whole text is seen at once: the union of all occurrences."""
    forms = {form for value in secrets.values() for form in _forms(value.encode())}
    hits = sorted(
        (at.start(), at.start() + len(form))
        for form in forms
        if len(form) >= SHORTEST
        for at in re.finditer(b"(?=" + re.escape(form) + b")", text)
    )
    shown, end = b"", 0
    for start, stop in hits:
        if start >= end:
            shown += text[end:start] + MASK
        end = max(end, stop)
    return shown + text[end:]


@settings(max_examples=150, deadline=None)
@given(
    st.lists(SECRETS, min_size=1, max_size=3),
    st.sampled_from(sorted(ENCODINGS)),
    st.tuples(st.binary(max_size=20), st.lists(st.integers(0, 200), max_size=6)),
)
def test_no_chunk_border_changes_what_is_shown(
    values: list[str], encoding: str, surroundings: tuple[bytes, list[int]]
) -> None:
    around, borders = surroundings
    secrets = {str(index): value for index, value in enumerate(values)}
    text = around + b"".join(ENCODINGS[encoding](value) + around for value in values)
    points = [0, *sorted({min(border, len(text)) for border in borders}), len(text)]
    chunks = [text[start:stop] for start, stop in pairwise(points)]
    assert fed(Masker(dict(secrets)), chunks) == by_definition(secrets, text)


@settings(max_examples=25, deadline=None)
@given(SECRETS, st.sampled_from(sorted(ENCODINGS)))
def test_no_secret_comes_through_at_any_split_point(value: str, encoding: str) -> None:
    form = ENCODINGS[encoding](value)
    text = b"~~" + form + b"~~"
    masker = Masker({"S": value})
    for split in range(len(text) + 1):
        shown = masker.feed(text[:split]) + masker.feed(text[split:]) + masker.flush()
        assert shown.startswith(b"~~***")
        assert len(shown) <= len(b"~~***~~") + 3
    assert fed(masker, [bytes([byte]) for byte in text]) == shown


ALPHABET = st.text("ab", min_size=SHORTEST, max_size=12)


@settings(max_examples=200, deadline=None)
@given(st.lists(ALPHABET, min_size=1, max_size=3), st.text("ab", max_size=60), st.integers(1, 9))
def test_secrets_that_overlap_and_repeat_are_masked_as_if_seen_at_once(
    values: list[str], text: str, size: int
) -> None:
    secrets = {str(index): value for index, value in enumerate(values)}
    whole = text.encode() + values[0].encode() + text.encode()
    chunks = [whole[at : at + size] for at in range(0, len(whole), size)]
    assert fed(Masker(dict(secrets)), chunks) == by_definition(secrets, whole)
