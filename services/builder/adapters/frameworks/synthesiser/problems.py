"""Why no assembly can be made of a commit; each is told in the result, none is our fault.

NotPossible
└── ToolFailed
ParametersMissing
LookupsMissing
"""

from collections.abc import Sequence
from typing import Any


class NotPossible(Exception):
    """The template or what it names cannot be deployed; the message says what to change."""


class ToolFailed(NotPossible):
    """The framework's own program ended with an error: what it printed says why."""

    def __init__(self, program: str, ended: int, *, hints: Sequence[str] = ()) -> None:
        said = f"`{program}` ended with {ended}; the last lines of the log say why."
        super().__init__(" ".join([said, *filter(None, hints)]))


class ParametersMissing(Exception):
    """Parameters have no value; `no_echo` are those that only a secret should fill."""

    def __init__(self, parameters: tuple[str, ...], no_echo: tuple[str, ...]) -> None:
        self.parameters = parameters
        self.no_echo = no_echo
        super().__init__(f"no value for {', '.join((*parameters, *no_echo))}")


class LookupsMissing(Exception):
    """The application asks about its account; `lookups` are CDK's own questions."""

    def __init__(self, lookups: Sequence[Any]) -> None:
        self.lookups = tuple(lookups)
        super().__init__(f"{len(self.lookups)} values of the account are not known")
