"""What a team may demand of the deployments to one environment: values of its settings."""

import re
from enum import StrEnum
from functools import cache
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

from trellis_contracts.message import Message
from trellis_contracts.names import ActorId, is_branch

_GLOB = re.compile(r"\*\*/?|\*|\?|[^*?]+")
_WILD = frozenset("*?")
_WILDCARDS = re.compile(r"[*?]+")
_SKIP = re.compile(r"\[(?:skip (?:ci|deploy)|(?:ci|deploy) skip|no ci)\]", re.IGNORECASE)
_MOST_OVER_SEVERAL = 3


def _is_cron(text: str) -> str:
    if len(text.split()) != 5:  # noqa: PLR2004 - minute, hour, day, month, weekday
        raise ValueError("a cron expression has five fields: minute hour day month weekday")
    return text


def _is_quick(pattern: str) -> str:
    if pattern.count("**") > _MOST_OVER_SEVERAL:
        raise ValueError(f"a pattern may hold ** at most {_MOST_OVER_SEVERAL} times")
    return pattern


BranchPattern = Annotated[
    str,
    StringConstraints(
        min_length=1, max_length=255, pattern=r"^[^\x00-\x20~^:\\\[-][^\x00-\x20~^:\\\[]*$"
    ),
    AfterValidator(_is_quick),
]
"""A branch, or a glob of branches: `*` within one part of a name, `**` over several, `?` one."""

PathPattern = Annotated[
    str,
    StringConstraints(min_length=1, max_length=255, pattern=r"^[^\x00/][^\x00]*$"),
    AfterValidator(_is_quick),
]
"""A path from the repository's root, or a glob of paths; a folder stands for all that is in it."""

CheckName = Annotated[str, StringConstraints(min_length=1, max_length=128)]
CronExpression = Annotated[str, StringConstraints(max_length=64), AfterValidator(_is_cron)]


class QueuePolicy(StrEnum):
    """What happens to pushes that wait while an environment is busy."""

    LATEST = "latest"
    """A newer push takes the place of a waiting one."""
    ALL = "all"
    """Each is deployed, in the order in which they came."""


class Approvals(Message):
    """How many people must agree before a deployment starts, and who may.

    `people` is empty when every developer and administrator may approve. `own`: whoever asked
    counts too. What nobody has approved within `hours` ends.
    """

    needed: int = Field(ge=1, le=10)
    people: tuple[ActorId, ...] = Field(default=(), max_length=50)
    own: bool = False
    hours: int = Field(default=168, ge=1, le=720)


class WindowKind(StrEnum):
    """What a window does while it is open."""

    ALLOW = "allow"
    DENY = "deny"


class Window(Message):
    """A time in which deployments are allowed or frozen.

    It opens whenever `opens` matches in `timezone` (an IANA name), for so many `minutes`. A
    denying window beats an allowing one; where only denying ones are set, all other time is open.
    """

    kind: WindowKind
    opens: CronExpression
    minutes: int = Field(ge=1, le=44_640)
    timezone: str = Field(default="UTC", max_length=64)


class RequiredChecks(Message):
    """Checks of a commit that must have passed before a push of it is deployed."""

    names: tuple[CheckName, ...] = Field(min_length=1, max_length=20)
    minutes: int = Field(default=60, ge=1, le=1440)


class CheckConclusion(StrEnum):
    """What a check says of a commit."""

    PENDING = "pending"
    PASSED = "passed"
    FAILED = "failed"


class GateKind(StrEnum):
    """What a deployment may have to wait for besides its turn."""

    APPROVAL = "approval"
    FREEZE = "freeze"
    CHECKS = "checks"


class Gate(Message):
    """Something that a waiting deployment waits for."""

    kind: GateKind
    sentence: str = Field(max_length=512)


class SkipReason(StrEnum):
    """Why a push was not deployed."""

    MESSAGE = "message"
    """Its newest commit's message asks for it."""
    PATHS = "paths"
    """Nothing that the application watches has changed."""
    HELD = "held"
    """Automatic deploys are held since a rollback."""
    BARRED = "barred"
    """A rollback took this very commit away."""


def skip_word(message: str) -> str | None:
    """Give the word by which a commit's message asks not to be deployed."""
    found = _SKIP.search(message)
    return found.group() if found else None


def is_glob(pattern: str) -> bool:
    """Say whether a pattern can stand for several names."""
    return not _WILD.isdisjoint(pattern)


def may_match(pattern: str) -> bool:
    """Say whether some branch could have such a name: its wildcards stand for something."""
    return is_branch(_WILDCARDS.sub("x", pattern))


def matches(pattern: str, name: str) -> bool:
    """Say whether the name of a branch, or a path, is one that the pattern stands for."""
    return _compiled(pattern).fullmatch(name) is not None


def watches(patterns: tuple[PathPattern, ...], paths: tuple[str, ...]) -> bool:
    """Say whether some path is watched: by a glob, or by lying in a folder that is named."""
    return any(
        matches(pattern, path) or matches(f"{pattern.rstrip('/')}/**", path)
        for pattern in patterns
        for path in paths
    )


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    """Match a `*` before another one once and for all, or many of them take for ever.

    The first place where what follows it fits is as good as any later one: both are in one part
    of the name, and so within reach of the next `*`.
    """
    wild = {"**": ".*", "**/": "(?:.*/)?", "*": "[^/]*", "?": "[^/]"}
    made, follows = "", ""
    for part in reversed(_GLOB.findall(pattern)):
        if part == "*" and made.startswith(("[^/]*", "(?>[^/]*?")):
            made, follows = f"(?>[^/]*?{follows}){made}", ""
        elif part in ("*", "**", "**/"):
            made, follows = f"{wild[part]}{follows}{made}", ""
        else:
            follows = f"{wild.get(part) or re.escape(part)}{follows}"
    return re.compile(follows + made, re.DOTALL)
