"""Where the command line writes: what was asked for to stdout, what else there is to say to stderr.

With `--json` stdout holds JSON alone. Colours and movement are for terminals; NO_COLOR is heard.
"""

import json
import sys
from collections.abc import Sequence

from pydantic import BaseModel
from rich.console import Console, RenderableType
from rich.text import Text

from cli.exits import CliError

_WIDE = 400
"""Columns where nobody looks: a line of a table is a line of the file."""


class Output:
    """One command's output."""

    def __init__(self, *, as_json: bool = False) -> None:
        """Takes whether stdout is for a program."""
        self.as_json = as_json
        self.stdout = _console(stderr=False)
        self.stderr = _console(stderr=True)

    def show(self, *shown: RenderableType) -> None:
        """Print for a person; nothing with `--json`."""
        if not self.as_json:
            for one in shown:
                self.stdout.print(one, soft_wrap=isinstance(one, Text | str))

    def give(self, value: BaseModel | Sequence[BaseModel] | dict[str, object]) -> None:
        """Write for a program, with `--json`."""
        if self.as_json:
            self.write(as_json_text(value))

    def write(self, line: str) -> None:
        """Write a line to stdout as it is."""
        sys.stdout.write(line + "\n")
        sys.stdout.flush()

    def say(self, line: str, style: str = "") -> None:
        """Tell a person something beside the answer."""
        self.stderr.print(Text.from_ansi(line, style=style), soft_wrap=True)

    def complain(self, error: CliError | Exception) -> None:
        """Tell why it was not done, and what to do."""
        self.say(str(error), "red")
        if remedy := getattr(error, "remedy", None):
            self.say(remedy)

    @property
    def console(self) -> Console:
        """Where progress goes: stdout, unless a program reads that."""
        return self.stderr if self.as_json else self.stdout


def as_json_text(value: BaseModel | Sequence[BaseModel] | dict[str, object]) -> str:
    """Give JSON, indented, as the API has it."""
    plain: object
    if isinstance(value, BaseModel):
        plain = value.model_dump(mode="json")
    elif isinstance(value, dict):
        plain = value
    else:
        plain = [one.model_dump(mode="json") for one in value]
    return json.dumps(plain, indent=2, ensure_ascii=False)


def _console(*, stderr: bool) -> Console:
    console = Console(stderr=stderr, highlight=False, markup=False, emoji=False)
    if not console.is_terminal:
        console.width = _WIDE
    return console
