"""What a constrained string has to be, in words: for people whose input was refused."""

from collections.abc import Iterator, Mapping
from typing import Any, Final, get_args

from pydantic import StringConstraints

from trellis_contracts import names

_NAME = (
    "begins with a small letter; small letters, digits and hyphens follow, {} characters at most"
)
_KINDS: tuple[tuple[Any, str], ...] = (
    (names.ApplicationName, _NAME.format(40)),
    (names.Stage, _NAME.format(20)),
    (names.StackName, "begins with a letter; letters, digits and hyphens follow"),
    (names.CommitSha, "is a full SHA: 40 small hexadecimal digits"),
    (names.VariableName, "begins with a letter or _; letters, digits and _ follow"),
    (names.Region, "is an AWS region, as eu-west-1 is"),
    (
        names.RepositoryUrl,
        "begins with https:// and has no user, password or query, as https://github.com/acme/shop",
    ),
    (
        names.FolderPath,
        "has no slash at its ends, and letters, digits and _ . @ - alone: apps/shop",
    ),
)


def _patterns(kind: object) -> Iterator[str]:
    for constraint in get_args(kind):
        if isinstance(constraint, StringConstraints) and isinstance(constraint.pattern, str):
            yield constraint.pattern


IN_WORDS: Final[Mapping[str, str]] = {
    pattern: f"It {words}." for kind, words in _KINDS for pattern in _patterns(kind)
}
"""By the pattern of the contract. What is not here is written by no person."""
