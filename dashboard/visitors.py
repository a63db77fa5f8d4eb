"""Who looks at a page: what a browser sent, and who ingest says that this is."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from trellis_contracts.names import ActorId
from trellis_contracts.rights import Identity, Right, may

_CREDENTIALS: Final = ("cookie", "authorization")
_PASSED_ON: Final = (*_CREDENTIALS, "host", "user-agent", "x-forwarded-for", "x-forwarded-proto")


@dataclass(frozen=True)
class Visitor:
    """What a browser sent of itself when it connected, as far as it is passed on for it."""

    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)

    @classmethod
    def of(cls, headers: Mapping[str, str]) -> "Visitor":
        """Take what counts from the headers of a handshake."""
        lowered = {name.lower(): value for name, value in headers.items()}
        return cls(tuple((name, lowered[name]) for name in _PASSED_ON if lowered.get(name)))

    @property
    def has_credentials(self) -> bool:
        """Whether there is anything to ask ingest about."""
        return any(name in _CREDENTIALS for name, _ in self.headers)


@dataclass(frozen=True)
class Person:
    """Somebody whom ingest knows, with the signed identity that acts for them."""

    identity: Identity
    signed: str = field(repr=False)

    @property
    def actor(self) -> ActorId:
        """Who it is."""
        return self.identity.actor

    @property
    def name(self) -> str:
        """What to call them: `ana` for `person:ana`."""
        return self.actor.partition(":")[2]

    def may(self, right: Right) -> bool:
        """Whether their role has a right."""
        return may(self.identity.role, right)
