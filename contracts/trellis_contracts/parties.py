"""Who must act when something does not work: named in every failure."""

from enum import StrEnum


class Party(StrEnum):
    """The one who can mend it. *Failed* is the first two, *errored* the last."""

    AUTHOR = "author"
    """Whoever writes the application: its code, its template, its lock file."""

    TEAM = "team"
    """Whoever keeps the application's settings: variables, credentials, branches, the cloud."""

    OPERATOR = "operator"
    """Whoever runs Trellis."""
