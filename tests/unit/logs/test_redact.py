"""`redact` gives text that is safe to keep and to show, line for line."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.logs.domain import LONGEST_KEY, MASK, redact
from trellis_contracts.logs import LONGEST_LINE

SECRET_KEY = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
GITHUB = "ghp_" + "a1B2" * 9
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P"
PEM = (
    "-----BEGIN RSA PRIVATE KEY-----",
    "MIIEpAIBAAKCAQEA",
    "q8==",
    "-----END RSA PRIVATE KEY-----",
)


def one(line: str) -> str:
    (safe,) = redact([line]).lines
    return safe


@pytest.mark.parametrize(
    ("printed", "shown"),
    [
        ("an ordinary line", "an ordinary line"),
        ("\x1b[1;31mred\x1b[0m", "\x1b[1;31mred\x1b[0m"),
        ("a\tb", "a\tb"),
        ("\x1b]8;;javascript:alert(1)\x1b\\click\x1b]8;;\x1b\\", "click"),
        ("\x1b]52;c;c3RlYWw=\x07x", "x"),
        ("\x1b]0;title\x07x", "x"),
        ("\x1bP1$r0m\x1b\\x", "x"),
        ("\x9b2Jx\x9d0;t\x9cy", "xy"),
        ("FAILED\x1b[2K\x1b[1GPASSED", "FAILEDPASSED"),
        ("\x1b\x1b[2J[2J", "␛[2J"),
        ("\x1b]0;never ends", "␛]0;never ends"),
        ("10%\r50%\r100%\r", "100%"),
        ("\r\r", ""),
        ("nul\0 del\x7f", "nul␀ del␡"),
        ("abc\u202edcba\u2066", "abc<U+202E>dcba<U+2066>"),
        ("one\ntwo", "one␊two"),
        ("next\u2028line\x85", "next<U+2028>line<U+0085>"),
        ("<img onerror=alert(1)>", "<img onerror=alert(1)>"),
    ],
)
def test_only_text_and_colours_are_left(printed: str, shown: str) -> None:
    assert one(printed) == shown


@pytest.mark.parametrize(
    ("printed", "shown"),
    [
        ("id AKIAIOSFODNN7EXAMPLE.", f"id AKIAIOSF{MASK}."),
        ("id ASIAIOSFODNN7EXAMPLE", f"id ASIAIOSF{MASK}"),
        (f"aws_secret_access_key = {SECRET_KEY}", f"aws_secret_access_key = {MASK}"),
        (f'"SecretAccessKey": "{SECRET_KEY}",', f'"SecretAccessKey": "{MASK}",'),
        (f"AWS_SESSION_TOKEN={'FwoG' * 30}", f"AWS_SESSION_TOKEN={MASK}"),
        (f"token {GITHUB} used", f"token ghp_{MASK} used"),
        (f"github_pat_{'x' * 30}", f"github_pat_{MASK}"),
        (f"//registry/:_authToken=npm_{'x' * 36}", f"//registry/:_authToken=npm_{MASK}"),
        (f"Authorization: Bearer {JWT}", f"Authorization: Bearer eyJ{MASK}"),
        ("clone https://u:p%40ss@github.com/a/b", f"clone https://{MASK}@github.com/a/b"),
        (f"clone https://{GITHUB}@github.com/a/b", f"clone https://{MASK}@github.com/a/b"),
        ("postgres://app:hunter2@db/app", f"postgres://{MASK}@db/app"),
        ("git+ssh://git@github.com/a/b", "git+ssh://git@github.com/a/b"),
        ("see https://example.com:8080/@scope/name", "see https://example.com:8080/@scope/name"),
        ("sha1 da39a3ee5e6b4b0d3255bfef95601890afd80709", None),
    ],
)
def test_what_looks_like_a_credential_is_masked(printed: str, shown: str | None) -> None:
    assert one(printed) == (printed if shown is None else shown)


def test_a_credential_is_found_behind_colours_and_overwriting() -> None:
    assert GITHUB not in one(f"\x1b[31m{GITHUB}\x1b[0m")
    assert GITHUB not in one(f"spinner\r{GITHUB}\r")


def test_a_private_key_is_masked_over_lines_and_over_chunks() -> None:
    whole = redact(["before", *PEM, "after"])
    assert whole.lines == (
        "before",
        f"-----BEGIN RSA PRIVATE KEY-----{MASK}",
        MASK,
        MASK,
        f"{MASK}-----END RSA PRIVATE KEY-----",
        "after",
    )
    first = redact(["before", *PEM[:2]])
    second = redact([*PEM[2:], "after"], in_key=first.in_key)
    assert first.lines + second.lines == whole.lines
    assert second.in_key == 0


def test_a_private_key_on_one_line_is_masked() -> None:
    assert one(r"key=" + r"\n".join(PEM)) == f"key={PEM[0]}{MASK}{PEM[-1]}"


def test_a_key_that_never_ends_does_not_hide_the_rest() -> None:
    lines = redact([PEM[0], PEM[1], "npm ERR! this is prose", "AAAA"]).lines
    assert lines[1:] == (MASK, "npm ERR! this is prose", "AAAA")
    endless = redact([PEM[0], *["AAAA"] * (LONGEST_KEY + 5)]).lines
    assert endless[-5:] == ("AAAA",) * 5


def test_a_line_that_is_too_long_is_cut_and_says_so() -> None:
    safe = one("x" * 100_000)
    assert safe == "x" * LONGEST_LINE + f" [{100_000 - LONGEST_LINE} characters cut by Trellis]"
    coloured = one("y" * (LONGEST_LINE - 2) + "\x1b[31m" + "z" * 100)
    assert "\x1b" not in coloured


def test_a_control_sequence_that_takes_a_letter_does_not_hide_a_credential() -> None:
    assert SECRET_KEY not in one(f"\x9bsecret_access_key={SECRET_KEY}")
    assert GITHUB[4:] not in one(f"\x1b[{GITHUB}")


hostile = st.text(
    st.sampled_from("ab 1;[]mJK\\/:@.=\x00\x07\x09\x0a\x0d\x1b\x9b\x9c\x9d\x7f\u202e\u2028é-_")
)
tokens = st.sampled_from(
    [GITHUB, JWT, *PEM, "AKIAIOSFODNN7EXAMPLE", f"secret_access_key={SECRET_KEY}", "https://a:b@c/",
     "\x1b[31m", "\x1b]0;", "\x1b[2J"]
)  # fmt: skip
printed_lines = st.lists(st.lists(hostile | tokens, max_size=4).map("".join), max_size=6)
ALLOWED = re.compile(
    r"(?:\x1b\[[0-9;:]*m|[^\x00-\x08\x0a-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069])*"
)


@settings(max_examples=300, deadline=None)
@given(printed_lines)
def test_whatever_is_printed_becomes_as_many_inert_lines(lines: list[str]) -> None:
    safe = redact(lines)
    assert len(safe.lines) == len(lines)
    for line in safe.lines:
        assert ALLOWED.fullmatch(line)
        assert len(line) <= LONGEST_LINE + 64
        assert GITHUB not in line
        assert SECRET_KEY not in line


@settings(max_examples=300, deadline=None)
@given(printed_lines)
def test_to_redact_twice_changes_nothing(lines: list[str]) -> None:
    once = redact(lines)
    assert redact(once.lines).lines == once.lines


@settings(max_examples=200, deadline=None)
@given(printed_lines, st.integers(0, 6))
def test_where_chunks_end_makes_no_difference(lines: list[str], at: int) -> None:
    first = redact(lines[:at])
    second = redact(lines[at:], in_key=first.in_key)
    assert first.lines + second.lines == redact(lines).lines
