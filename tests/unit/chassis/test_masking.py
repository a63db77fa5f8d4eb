"""The masker: what is masked, in which forms, and that chunk borders change nothing."""

import json
import shlex
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest

from services.chassis.masking import MASK, Masker, TooShortToMask

SECRET = "pa$s/w+rd 'q\"=é&"
KEY = "-----BEGIN KEY-----\nMIIBOgIBAAJBAKj34GkxFhD9\nabcd\nzYxWvU987654\n-----END KEY-----\n"


def masked(secrets: dict[str, str | bytes], text: bytes) -> bytes:
    masker = Masker(secrets)
    return masker.feed(text) + masker.flush()


def test_a_value_is_masked_and_the_rest_is_left_alone() -> None:
    assert masked({"TOKEN": "hunter2hunter2"}, b"a hunter2hunter2 b") == b"a *** b"


FORMS = {
    "url": quote(SECRET, safe=""),
    "path": quote(SECRET),
    "form": quote_plus(SECRET),
    "lower-case url": quote(SECRET, safe="")
    .replace("%2F", "%2f")
    .replace("%2B", "%2b")
    .replace("%3D", "%3d")
    .replace("%C3%A9", "%c3%a9"),
    "encodeURIComponent": quote(SECRET, safe="!'()*~-_."),
    "json": json.dumps(SECRET)[1:-1],
    "json as unicode": json.dumps(SECRET, ensure_ascii=False)[1:-1],
    "json of php": json.dumps(SECRET)[1:-1].replace("/", "\\/"),
    "single quotes": shlex.quote(SECRET)[1:-1],
    "single quotes of bash": SECRET.replace("'", "'\\''"),
    "double quotes": SECRET.replace('"', '\\"').replace("$", "\\$"),
    "hex": SECRET.encode().hex(),
    "HEX": SECRET.encode().hex().upper(),
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS.keys())
def test_a_value_is_masked_as_tools_print_it(form: str) -> None:
    assert masked({"TOKEN": SECRET}, f"<{form}>".encode()) == b"<***>"


@pytest.mark.parametrize("encode", [b64encode, urlsafe_b64encode])
@pytest.mark.parametrize("before", ["", "u", "us", "user:"])
@pytest.mark.parametrize("after", ["", "!", "@h"])
def test_base64_is_masked_wherever_the_value_begins(
    encode: Callable[[bytes], bytes], before: str, after: str
) -> None:
    encoded = encode(f"{before}{SECRET}{after}".encode())
    shown = masked({"TOKEN": SECRET}, encoded)
    assert MASK in shown
    assert len(shown) - len(MASK) <= 4 + len(encoded) - len(encode(SECRET.encode())) + 4


@pytest.mark.parametrize("width", [64, 76])
def test_the_lines_of_a_long_base64_are_masked(width: int) -> None:
    encoded = b64encode(KEY.strip().encode())
    lines = [encoded[at : at + width] for at in range(0, len(encoded), width)]
    shown = masked({"KEY": KEY}, b"\n".join(lines))
    assert shown.split(b"\n")[:-1] == [MASK] * (len(lines) - 1)


def test_each_line_of_a_value_is_masked_and_its_short_lines_are_not() -> None:
    shown = masked({"KEY": KEY}, b"MIIBOgIBAAJBAKj34GkxFhD9 abcd zYxWvU987654")
    assert shown == b"*** abcd ***"


def test_the_values_inside_a_json_secret_are_masked() -> None:
    secret = json.dumps({"user": "postgres-admin", "deep": [{"pin": 1234567890, "on": True}]})
    shown = masked({"DATABASE": secret}, b"postgres-admin 1234567890 true")
    assert shown == b"*** *** true"


def test_a_short_value_is_named_and_not_masked() -> None:
    masker = Masker({"PIN": "1234567", "GOOD": "12345678", "DB": '{"port": "5432", "n": 1}'})
    assert masker.notices == (TooShortToMask("PIN"), TooShortToMask("DB.port"))
    assert "PIN" in str(masker.notices[0])
    assert "1234567" not in str(masker.notices[0])
    assert masker.feed(b"1234567 ") == b"1234567 "


def test_without_secrets_nothing_is_held_back() -> None:
    masker = Masker({})
    assert masker.feed(b"anything") == b"anything"
    assert masker.flush() == b""


def test_output_that_begins_no_secret_is_passed_on_at_once() -> None:
    masker = Masker({"TOKEN": "hunter2hunter2", "KEY": KEY})
    assert masker.feed(b"Listening on 8080\n") == b"Listening on 8080\n"
    assert masker.feed(b"so: hunt") == b"so: "
    assert masker.feed(b"ing\n") == b"hunting\n"


def test_a_secret_that_another_one_continues_is_masked_whole() -> None:
    masker = Masker({"A": "password1", "B": "password123"})
    assert masker.feed(b"x password1") + masker.feed(b"23 y") == b"x *** y"


def test_overlapping_secrets_leave_nothing_between_them() -> None:
    for split in range(13):
        masker = Masker({"A": "abcdefgh", "B": "efghijkl"})
        text = b"-abcdefghijkl-"
        assert masker.feed(text[:split]) + masker.feed(text[split:]) + masker.flush() == b"-***-"


def test_an_endless_repetition_of_a_secret_is_not_kept_in_memory() -> None:
    masker = Masker({"A": "a" * 20})
    shown = b"".join(masker.feed(b"a" * 1000) for _ in range(100))
    assert shown + masker.flush() == MASK
    assert len(masker._held) == 0


def test_bytes_that_are_no_text_are_masked_too() -> None:
    value = bytes(range(128, 160))
    assert masked({"RAW": value}, b"\xff" + value + b"\x00") == b"\xff***\x00"


@pytest.mark.parametrize(
    "transformed",
    [
        b64encode(b64encode(b"hunter2hunter2")),
        b"2retnuh2retnuh",
        b"h-u-n-t-e-r-2-h-u-n-t-e-r-2",
    ],
    ids=["base64 twice", "reversed", "spaced"],
)
def test_what_is_not_promised_stays_as_it_is(transformed: bytes) -> None:
    assert masked({"TOKEN": "hunter2hunter2"}, transformed) == transformed
