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
      )
    | [:)]\s?(?i:error):\s
    | \serror\ TS\d{1,5}:\s                        # src/index.ts(1,2): error TS2304: …
    | :\ (?:command\ )?not\ found$
    """,
    re.VERBOSE,
)


def error_line(line: str) -> str | None:
    """Give a line as it is shown, if it looks like an error: plain, on one line, cut."""
    shown = _ESCAPES.sub("", line[:_LOOKED_AT])
    shown = " ".join("".join(one if one.isprintable() else " " for one in shown).split())
    if not _LIKE_AN_ERROR.search(shown):
        return None
    return shown if len(shown) <= LONGEST else shown[: LONGEST - 1] + _CUT
