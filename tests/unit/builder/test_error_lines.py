"""The line that people are shown of a failed program is its error, and cut."""

import time

import pytest

from services.builder.domain.error_lines import LONGEST, complaint, error_line


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
        "«CommandExecutionFailed» docker exited with status 1",
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


@pytest.mark.parametrize(
    ("lines", "shown"),
    [
        (
            ("code ETARGET", "notarget No matching version found for x@9.", "notarget In most"),
            "npm error code ETARGET: No matching version found for x@9.",
        ),
        (
            ("code EUSAGE", "", "`npm ci` can only install packages when both are in sync."),
            "npm error code EUSAGE: `npm ci` can only install packages when both are in sync.",
        ),
        (
            ("code E404", "404 Not Found - GET https://npm.example/@shop%2fui"),
            "npm error code E404: Not Found - GET https://npm.example/@shop%2fui",
        ),
        (
            ("code ERESOLVE", "ERESOLVE unable to resolve dependency tree"),
            "npm error code ERESOLVE: unable to resolve dependency tree",
        ),
        (
            ("code 1", "path /workspace/source", "command failed", "command sh -c node x.js"),
            "npm error code 1: command sh -c node x.js",
        ),
        (("code EINTEGRITY",), "npm error code EINTEGRITY"),
    ],
)
def test_what_npm_says_after_its_code_is_shown_with_it(lines: tuple[str, ...], shown: str) -> None:
    known: str | None = None
    for line in lines:
        known = complaint(known, f"npm error {line}")

    assert known == shown


def test_the_first_error_stays_whatever_comes_after() -> None:
    first = complaint(None, "Error: no stack")

    assert complaint(first, "npm error code ELIFECYCLE") == "Error: no stack"
    assert complaint("npm error code E404", "a warning") == "npm error code E404"


@pytest.mark.parametrize("filler", [".", "a", "not found ", ": error ", "\x1b["])
def test_no_line_holds_the_log_up(filler: str) -> None:
    began = time.perf_counter()
    for _ in range(100):
        error_line(filler * 10_000)

    assert time.perf_counter() - began < 1
