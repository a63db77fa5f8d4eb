"""The line that people are shown of a failed program is its error, and cut."""

import time

import pytest

from services.builder.domain.error_lines import LONGEST, error_line


@pytest.mark.parametrize(
    "line",
    [
        "npm error code ERESOLVE",
        "npm ERR! code E404",
        "ERR_PNPM_OUTDATED_LOCKFILE Cannot install with frozen-lockfile",
        "error Your lockfile needs to be updated, but yarn was run with `--frozen-lockfile`.",
        "➤ YN0028: │ The lockfile would have been modified by this install",
        "error: lockfile had changes, but lockfile is frozen",
        "Error: Cannot find module './stack'",
        "TypeError [ERR_INVALID_ARG_TYPE]: The path must be a string",
        "src/index.ts(3,7): error TS2304: Cannot find name 'foo'.",
        "src/index.ts:3:7 - error TS2304: Cannot find name 'foo'.",
        '✘ [ERROR] Could not resolve "left-pad"',
        "sh: 1: tsc: not found",
        "fatal: not a git repository",
    ],
)
def test_a_line_that_looks_like_an_error_is_given(line: str) -> None:
    assert error_line(line) == line


@pytest.mark.parametrize(
    "line",
    [
        "",
        "npm warn deprecated glob@7: no longer supported",
        "added 12 packages in 1s",
        "0 errors, 3 warnings",
        "Errors are reported to nobody",
        "➤ YN0000: └ Completed",
        "compiled error-handling.ts",
    ],
)
def test_another_line_is_not(line: str) -> None:
    assert error_line(line) is None


def test_what_is_shown_is_plain_and_short() -> None:
    assert error_line("\x1b[31mError:\x1b[0m no\r\tway\x07") == "Error: no way"
    assert len(error_line("Error: " + "x" * 5000) or "") == LONGEST


@pytest.mark.parametrize("filler", [".", "a", "not found ", ": error ", "\x1b["])
def test_no_line_holds_the_log_up(filler: str) -> None:
    began = time.perf_counter()
    for _ in range(100):
        error_line(filler * 10_000)

    assert time.perf_counter() - began < 1
