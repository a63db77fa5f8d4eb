"""`redact`: what a program printed, made safe to keep and to show.

The builder masks the secrets that it knows by value. This is the second line of defence: it knows
none, and takes out what looks like a credential, and what would make a terminal or a browser do
something else than show text.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import re2

from trellis_contracts.logs import LONGEST_LINE

MASK = "***"
LONGEST_KEY = 120
"""Lines after which a private key that never ends is taken for something else."""

_MARK_ROOM = 64

# Each of these ends where the next control character begins, so `re` reads a text once.
_TITLES_LINKS_CLIPBOARD = r"(?:\x1b\]|\x9d)[^\x00-\x1f\x7f-\x9f]*(?:\x07|\x1b\\|\x9c)"
_DEVICE_STRINGS = r"(?:\x1b[PX^_]|[\x90\x98\x9e\x9f])[^\x00-\x1f\x7f-\x9f]*(?:\x07|\x1b\\|\x9c)"
_MOVES_AND_ERASES = r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"
_TWO_CHARACTERS = r"\x1b(?:[ -/]+[0-~]|[=>78cDEHMNOZ])"
_INVISIBLE = r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]"
_CONTROL = re.compile(
    r"(?!\x1b\[[0-9;:]*m)(?:"
    f"{_TITLES_LINKS_CLIPBOARD}|{_DEVICE_STRINGS}|{_MOVES_AND_ERASES}|{_TWO_CHARACTERS}"
    f"|({_INVISIBLE}))"
)
_CUT_OFF = re.compile(r"\x1b[^m]*$")

_KEY_BEGINS = r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----"
_KEY_ENDS = r"-----END [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----"
_KEY = re2.compile(f"({_KEY_BEGINS}).*?({_KEY_ENDS}|$)")
_BEGUN_KEY = re2.compile(f"{_KEY_BEGINS}{re2.escape(MASK)}$")
_END_OF_KEY = re2.compile(f"^.*?({_KEY_ENDS})")
_INSIDE_KEY = re2.compile(r"^\s*\S*\s*$|[A-Za-z0-9+/=]{32,}|^[A-Za-z-]+: ")

# No word borders: what ends a colour, `m`, is a letter.
_EQUALS = r"""["']?[ \t]*[:=][ \t]*["']?"""
_CREDENTIALS = tuple(
    (re2.compile(shape), shown)
    for shape, shown in (
        (r"((?:AKIA|ASIA)[A-Z0-9]{4})[A-Z0-9]{12,}", rf"\1{MASK}"),
        (
            rf"(?i)((?:aws_?secret(?:_?access)?|secret_?access)_?key{_EQUALS})[a-z0-9/+=_-]{{40,}}",
            rf"\1{MASK}",
        ),
        (rf"(?i)((?:session|security)_?token{_EQUALS})[a-z0-9/+=_-]{{64,}}", rf"\1{MASK}"),
        (r"(gh[pousr]_|github_pat_|npm_)[A-Za-z0-9_]{20,}", rf"\1{MASK}"),
        (r"(xox[abeoprs]-)[A-Za-z0-9-]{10,}", rf"\1{MASK}"),
        (r"(eyJ)[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{16,}", rf"\1{MASK}"),
        (r"([A-Za-z][A-Za-z0-9+.-]*://)[^\s/?#@:]*:[^\s/?#@]+@", rf"\1{MASK}@"),
        (r"(?i)(https?://)[^\s/?#@]+@", rf"\1{MASK}@"),
    )
)
_SUSPECT = re2.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x{9f}\x{61c}\x{200e}\x{200f}\x{2028}-\x{202e}\x{2066}-\x{2069}]"
    r"|(?i:AKIA|ASIA|secret|token|gh[pousr]_|github_pat_|npm_|xox|eyJ|://|-----BEGIN)"
)


@dataclass(frozen=True)
class Redacted:
    """Safe lines, one for each; `in_key` counts the lines of a private key that goes on."""

    lines: tuple[str, ...]
    in_key: int


def redact(lines: Sequence[str], *, in_key: int = 0) -> Redacted:
    """Give lines without control sequences but colours, and without well-known credentials.

    Progress that overwrites itself is shown in its last state, what is invisible as a symbol, and
    a line of more than `LONGEST_LINE` characters is cut with a mark. `in_key` is what the lines
    before ended with. To redact twice changes nothing.
    """
    text = "\n".join(_one_line(line) for line in lines)
    if in_key or _SUSPECT.search(text):
        text = _without_credentials(_inert(_without_credentials(text)))
        shown, in_key = _without_keys(text.split("\n"), in_key)
    else:
        shown = text.split("\n")
    return Redacted(tuple(_cut(line) for line in shown[: len(lines)]), in_key)


def _one_line(line: str) -> str:
    """Keep of what overwrites itself the last state, and no line break."""
    if "\r" in line:
        line = next((state for state in reversed(line.split("\r")) if state), "")
    return line.replace("\n", _symbol("\n"))


def _inert(text: str) -> str:
    return _CONTROL.sub(lambda found: _symbol(found[1]) if found[1] else "", text)


def _symbol(invisible: str) -> str:
    """The control pictures of Unicode, which begin at U+2400; else the code itself."""
    code = ord(invisible)
    if code < ord(" "):
        return chr(0x2400 + code)
    return "\u2421" if invisible == "\x7f" else f"<U+{code:04X}>"


def _without_credentials(text: str) -> str:
    for shape, shown in _CREDENTIALS:
        text = shape.sub(shown, text)
    return text


def _without_keys(lines: list[str], in_key: int) -> tuple[list[str], int]:
    """Mask what belongs to private keys; say for how many lines the last one has gone on."""
    if not in_key and not any("PRIVATE KEY" in line for line in lines):
        return lines, 0
    shown = []
    for line in lines:
        safe, in_key = _without_key(line, in_key)
        shown.append(safe)
    return shown, in_key


def _without_key(line: str, in_key: int) -> tuple[str, int]:
    if in_key and _END_OF_KEY.search(line):
        line = _END_OF_KEY.sub(rf"{MASK}\1", line, count=1)
    elif 0 < in_key < LONGEST_KEY and _INSIDE_KEY.search(line):
        return MASK, in_key + 1
    masked: str = _KEY.sub(rf"\1{MASK}\2", line)
    return masked, 1 if _BEGUN_KEY.search(masked) else 0


def _cut(line: str) -> str:
    if len(line) <= LONGEST_LINE + _MARK_ROOM:
        return line
    kept = _CUT_OFF.sub("", line[:LONGEST_LINE])
    return f"{kept} [{len(line) - len(kept)} characters cut by Trellis]"
