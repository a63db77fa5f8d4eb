"""How `trellis` ends: the status that scripts read, and the errors that bring it about.

CliError                 1 unless it says otherwise; its sentence is all that a person is shown
├── cli.client.errors    NotReachable, NotSignedIn, Refusal, ServerFailed
├── cli.whereabouts      TokenMissing
├── cli.naming           UnknownName, CommitUnclear
├── cli.asking           NothingGiven, NotConfirmed
├── cli.data_folder      FolderOwned, FolderOnNetwork, FolderUnusable
├── cli.supervisor       PartFailed, GaveUp
└── cli.up               PortTaken
"""

from enum import IntEnum
from typing import ClassVar


class Status(IntEnum):
    """The exit statuses of `trellis`."""

    FINE = 0
    FAILED = 1
    """Refused, or what was waited for did not succeed."""
    USAGE = 2
    UNREACHABLE = 3
    """Nobody answers, or the token opens nothing."""
    INTERRUPTED = 130


class CliError(Exception):
    """Something that is told to a person in one sentence; `remedy` says what to do next."""

    status: ClassVar[Status] = Status.FAILED
    remedy: str | None = None
