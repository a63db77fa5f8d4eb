"""Who may do what: one pure policy, asked by every service.

A signed identity travels in the header `HEADER`; `services.chassis.identity` verifies it.
"""

from enum import StrEnum

from trellis_contracts.message import Message, UtcDatetime
from trellis_contracts.names import ActorId

HEADER = "X-Trellis-Identity"
LIFETIME_SECONDS = 60
"""How long a signed identity is good: long enough for one request."""


class Role(StrEnum):
    """What somebody is in this installation."""

    VIEWER = "viewer"
    DEVELOPER = "developer"
    ADMIN = "admin"


class Right(StrEnum):
    """What may be allowed."""

    READ = "read"
    DEPLOY = "deploy"
    CONFIGURE = "configure"
    CREATE = "create"
    OVERRIDE = "override"
    """Start a deployment in spite of a freeze."""
    ADMINISTER = "administer"


_RIGHTS: dict[Role, frozenset[Right]] = {
    Role.VIEWER: frozenset({Right.READ}),
    Role.DEVELOPER: frozenset({Right.READ, Right.DEPLOY, Right.CONFIGURE, Right.CREATE}),
    Role.ADMIN: frozenset(Right),
}


class Identity(Message):
    """Who asks, as ingest has verified it; good until `expires_at`."""

    actor: ActorId
    role: Role
    expires_at: UtcDatetime


def may(role: Role, right: Right) -> bool:
    """Say whether a role has a right; what is not granted is denied."""
    return right in _RIGHTS[role]
