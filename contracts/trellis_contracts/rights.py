"""Who may do what: one pure policy, asked by every service.

A signed identity travels in the header `HEADER`; `services.chassis.identity` verifies it.
"""

from enum import StrEnum
from uuid import UUID

from trellis_contracts.message import Message, UtcDatetime
from trellis_contracts.names import ActorId

HEADER = "X-Trellis-Identity"
LIFETIME_SECONDS = 60
"""How long a signed identity is good: long enough for one request."""


class Role(StrEnum):
    """What somebody is in this installation."""

    VIEWER = "viewer"
    DEPLOYER = "deployer"
    """For an existing CI: deploys what others have configured, and approves nothing."""
    DEVELOPER = "developer"
    ADMIN = "admin"


class Right(StrEnum):
    """What may be allowed."""

    READ = "read"
    DEPLOY = "deploy"
    APPROVE = "approve"
    """Agree to what waits for it, and let pushes deploy again after a rollback."""
    CONFIGURE = "configure"
    CREATE = "create"
    OVERRIDE = "override"
    """Start a deployment in spite of a freeze."""
    ADMINISTER = "administer"


_RIGHTS: dict[Role, frozenset[Right]] = {
    Role.VIEWER: frozenset({Right.READ}),
    Role.DEPLOYER: frozenset({Right.READ, Right.DEPLOY}),
    Role.DEVELOPER: frozenset(
        {Right.READ, Right.DEPLOY, Right.APPROVE, Right.CONFIGURE, Right.CREATE}
    ),
    Role.ADMIN: frozenset(Right),
}


class Identity(Message):
    """Who asks, as ingest has verified it; good until `expires_at`.

    `only` are the applications and environments that they may change; everything if it is empty.
    """

    actor: ActorId
    role: Role
    expires_at: UtcDatetime
    only: tuple[UUID, ...] = ()


def may(role: Role, right: Right) -> bool:
    """Say whether a role has a right; what is not granted is denied."""
    return right in _RIGHTS[role]


def reaches(identity: Identity, right: Right, places: frozenset[UUID]) -> bool:
    """Say whether somebody's right holds here: reading does everywhere, `only` limits the rest.

    `places` are the application and the environment that are asked about.
    """
    return right is Right.READ or not identity.only or not places.isdisjoint(identity.only)
