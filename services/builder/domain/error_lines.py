"""Finds the line of a program's output that says what went wrong, for people to read.

It decides nothing: whether a program failed is its exit code's to say. What npm, pnpm, yarn, bun,
tsc, esbuild, CDK and SST print is known; what no tool prints like an error gives nothing.
"""

import re

LONGEST = 200
_CUT = "…"
_LOOKED_AT = 1024
_ESCAPES = re.compile(r"\x1b\[[0-9;?]{0,32}[A-Za-z]")
_LIKE_AN_ERROR = re.compile(
    r"""
      ^\W{0,8}(?:
          npm\ (?:error|ERR!)\s
        | ERR_[A-Z]
        | YN00(?:01|09|18|28|35|41|78):             # yarn: those that end an install
        | fatal:\s
        | (?i:error)(?:\ TS\d+)?(?:[:\]]|\s)
        | [\w.]{0,60}(?:Error|Exception)(?:\ \[\w+\])?:\s
        | «\w{1,60}»\s                              # CDK of 2026: «ValidationError» …
      )
    | [:)]\s?(?i:error):\s
    | \serror\ TS\d{1,5}:\s                        # src/index.ts(1,2): error TS2304: …
    | :\ (?:command\ )?not\ found$
    """,
    re.VERBOSE,
)
_ONLY_A_CODE = re.compile(r"npm (?:error|ERR!) code \w+")
_OF_NPM = re.compile(
    r"""
      npm\ (?:error|ERR!)\ (?!path\ |command\ failed|code\ )
      (?:(?:E[A-Z]+|\d+|notarget|notsup|engine)\ )?
      (.+)
    """,
    re.VERBOSE,
)


def complaint(known: str | None, line: str) -> str | None:
    """Give what a program complains of, after one more line: its first error is what is shown.

    npm's first line is a code alone, so what it says next is added to it.
    """
    if known is None:
        return error_line(line)
    if not _ONLY_A_CODE.fullmatch(known):
        return known
    said = _OF_NPM.match(_plain(line))
    return _cut(f"{known}: {said[1]}") if said else known


def error_line(line: str) -> str | None:
    """Give a line as it is shown, if it looks like an error: plain, on one line, cut."""
    shown = _plain(line)
    return _cut(shown) if _LIKE_AN_ERROR.search(shown) else None


def _plain(line: str) -> str:
    shown = _ESCAPES.sub("", line[:_LOOKED_AT])
    return " ".join("".join(one if one.isprintable() else " " for one in shown).split())


def _cut(shown: str) -> str:
    return shown if len(shown) <= LONGEST else shown[: LONGEST - 1] + _CUT
