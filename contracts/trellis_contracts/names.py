"""Ids and constrained strings, the only words that messages may use for things."""

import os
import re
import time
from typing import Annotated
from uuid import NAMESPACE_URL, UUID, uuid5

from pydantic import AfterValidator, StringConstraints

ApplicationId = UUID
EnvironmentId = UUID
DeploymentId = UUID
RunId = UUID
PreviewId = UUID

TRELLIS = uuid5(NAMESPACE_URL, "https://trellis.invalid/messages")
"""The namespace of ids that are derived from other ids."""

ActorId = Annotated[str, StringConstraints(pattern=r"^[a-z]+:[A-Za-z0-9._@-]{1,64}$")]
"""Who did something: `person:ana`, `forge:ana-login`, `service:orchestrator`. Never an e-mail."""

ApplicationName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,39}$")]
EnvironmentName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,39}$")]
Stage = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,19}$")]
"""The value given to a framework's `--stage`; short, since cloud names are made of it."""

StackName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9-]{0,127}$")]
CommitSha = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{40}$")]
VariableName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,127}$")]
Region = Annotated[str, StringConstraints(pattern=r"^[a-z]{2}(-[a-z]+)+-\d$")]
ArtifactId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
HookId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{16,64}$")]
RepositoryUrl = Annotated[
    str, StringConstraints(pattern=r"^https?://[^\s@?#]+/[^\s@?#]+$", max_length=512)
]
"""Where a repository is cloned from: no user, no password, no query."""

RepositoryName = Annotated[str, StringConstraints(pattern=r"^[^\s/]+(/[^\s/]+)+$", max_length=256)]
"""What a forge calls a repository: `owner/name`."""

FolderPath = Annotated[
    str, StringConstraints(max_length=255, pattern=r"^([A-Za-z0-9_.@-]+(/[A-Za-z0-9_.@-]+)*)?$")
]
"""Where in a repository something lies; empty is its root."""

_BAD_IN_BRANCH = re.compile(r"[\x00-\x20\x7f~^:?*\[\\]|\.\.|@\{|//|/\.|\.lock(/|$)")


def is_branch(name: str) -> bool:
    """Apply the rules of git-check-ref-format(1) for a branch, and refuse git options."""
    return not (
        _BAD_IN_BRANCH.search(name)
        or name[0] in "-/."
        or name[-1] in "/."
        or name in ("@", "HEAD")
        or "\udc80" <= max(name) <= "\udfff"
    )


def _is_a_branch(name: str) -> str:
    if not is_branch(name):
        raise ValueError(f"{name!r} is not the name of a branch")
    return name


BranchName = Annotated[
    str, StringConstraints(min_length=1, max_length=255), AfterValidator(_is_a_branch)
]


def new_id() -> UUID:
    """Make a UUIDv7 (RFC 9562 section 5.7): ids sort by the time they were made."""
    stamp = time.time_ns() // 1_000_000
    random = int.from_bytes(os.urandom(10), "big")
    value = (stamp & (1 << 48) - 1) << 80 | random
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return UUID(int=value)


def derived_id(*parts: object) -> UUID:
    """Make the id that always follows from these parts, so that a repeat is recognised."""
    return uuid5(TRELLIS, "\x1f".join(str(part) for part in parts))


_OF_THE_APPLICATION = 6
"""Bytes of an added environment's id that follow from its application; the version comes after."""


def added_environment_id(application: ApplicationId, *parts: object) -> EnvironmentId:
    """Make the id that always follows from these parts, whose beginning says whose it is."""
    own = derived_id(*parts).bytes
    return UUID(bytes=_beginning(application) + own[_OF_THE_APPLICATION:])


def is_added_to(environment: EnvironmentId, application: ApplicationId) -> bool:
    """Say whether the id begins as those of environments that are added to the application."""
    return environment.bytes.startswith(_beginning(application))


def _beginning(application: ApplicationId) -> bytes:
    return derived_id(application, "environments").bytes[:_OF_THE_APPLICATION]
