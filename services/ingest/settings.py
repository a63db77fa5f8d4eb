"""What ingest is told by its environment."""

from pathlib import Path

from pydantic import Field, HttpUrl

from services.chassis.settings import ChassisSettings


class IngestSettings(ChassisSettings):
    """The settings of ingest, beside those that every service shares."""

    public_url: HttpUrl | None = None
    """Under which address GitHub reaches the front door; unset: the one that was asked."""

    webhooks_per_second: float = Field(default=100, gt=0)
    """What one hook may deliver in the long run; five times as many at once."""

    session_idle_hours: float = Field(default=24, gt=0)
    """After how long unused a browser has to sign in again."""

    session_days: float = Field(default=14, gt=0)
    """After how long it has to in any case."""

    @property
    def secrets_key(self) -> Path:
        """What opens every secret, and what seals the secrets of hooks."""
        return self.keys / "secrets.key"

    @property
    def identity_private_key(self) -> Path:
        """What identities are signed with: for ingest alone."""
        return self.keys / "identity.pem"
