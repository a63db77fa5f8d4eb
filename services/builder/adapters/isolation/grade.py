"""How strongly runs are kept apart; what the builder's settings may name."""

from enum import StrEnum


class Grade(StrEnum):
    """The grades that exist. A machine that cannot give the one that is set refuses runs."""

    STANDARD = "standard"
    """bubblewrap without root: own processes, files, IPC and host name; the host's network."""
