"""What ingest is told by its environment."""

import os
from pathlib import Path

from pydantic import Field, HttpUrl

from services.chassis.settings import ChassisSettings


def _beside_no_data() -> Path:
    """Where the key lies unless it is set: a copy of the data folder alone opens no secret."""
    configuration = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(configuration) / "trellis" / "secrets.key"


class IngestSettings(ChassisSettings):
    """The settings of ingest, beside those that every service shares."""

    secrets_key: Path = Field(default_factory=_beside_no_data)
    """The key that opens every secret; never inside the data folder."""
    identity_private_key: Path = Field(
        default_factory=lambda validated: validated["data"] / "identity" / "private.pem"
    )
    """What identities are signed with: for ingest alone."""

    public_url: HttpUrl | None = None
    """Under which address GitHub reaches the front door; unset: the one that was asked."""

    webhooks_per_second: float = Field(default=100, gt=0)
    """What one hook may deliver in the long run; five times as many at once."""
