"""Asks a person for what must not be typed as an argument, or reads it from a pipe."""

import sys
from collections.abc import Mapping
from typing import ClassVar

import typer
from pydantic import SecretStr

from cli.client.answers import AwsKeys
from cli.exits import CliError, Status


class NothingGiven(CliError):
    """A value was to come from a pipe, which held nothing."""

    status: ClassVar[Status] = Status.USAGE

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(f"{what} is missing.")
        self.remedy = remedy


class NotConfirmed(CliError):
    """Something that cannot be taken back was not confirmed."""

    def __init__(self, name: str, typed: str | None) -> None:
        super().__init__(
            f"Not done: {typed!r} is not {name!r}." if typed else "Not done: it was not confirmed."
        )
        self.remedy = f"Type {name} when asked, or give --yes {name} in a script."


def secret_value(what: str, *, from_stdin: bool = False) -> SecretStr:
    """Give a value that a person types unseen, or the whole of a pipe without its last newline.

    Raises:
        NothingGiven: it is empty.
    """
    if from_stdin or not sys.stdin.isatty():
        typed = sys.stdin.read().removesuffix("\n").removesuffix("\r")
    else:
        typed = typer.prompt(what, hide_input=True, default="", show_default=False, err=True)
    if not typed:
        raise NothingGiven(what, "Type it when asked, or pipe it: … | trellis …")
    return SecretStr(typed)


def aws_keys(environ: Mapping[str, str] | None) -> AwsKeys:
    """Give AWS credentials: from `AWS_…` variables if given, else by asking or from a pipe.

    A pipe holds the access key id, the secret access key and maybe a session token, a line each.

    Raises:
        NothingGiven: one of the first two is missing.
    """
    if environ is not None:
        names = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
        return _keys(
            [environ.get(name, "") for name in names], "Set it: export AWS_ACCESS_KEY_ID=…"
        )
    if not sys.stdin.isatty():
        lines = [line.strip() for line in sys.stdin.read().splitlines()]
        return _keys(lines, "Pipe key id, secret key and maybe a session token, a line each.")
    answers = [typer.prompt("AWS access key id", err=True)]
    answers += [
        typer.prompt(what, hide_input=True, default="", show_default=False, err=True)
        for what in ("AWS secret access key", "AWS session token (empty: none)")
    ]
    return _keys(answers, "Type it when asked.")


def confirm(question: str, name: str, *, yes: str | None) -> None:
    """Return when the name was typed, or given by `--yes`. Raises NotConfirmed."""
    typed = yes
    if typed is None:
        if not sys.stdin.isatty():
            raise NotConfirmed(name, None)
        typed = typer.prompt(question, default="", show_default=False, err=True)
    if typed != name:
        raise NotConfirmed(name, typed)


def _keys(given: list[str], remedy: str) -> AwsKeys:
    key_id, secret, session = (*given[:3], *[""] * (3 - len(given)))
    if not key_id:
        raise NothingGiven("The AWS access key id", remedy)
    if not secret:
        raise NothingGiven("The AWS secret access key", remedy)
    return AwsKeys(
        access_key_id=key_id,
        secret_access_key=SecretStr(secret),
        session_token=SecretStr(session) if session else None,
    )
