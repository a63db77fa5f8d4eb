"""What ingest is told by its environment."""

import re
from ipaddress import ip_address
from pathlib import Path
from typing import Final

from pydantic import Field, HttpUrl, SecretStr, field_validator

from services.chassis.settings import ChassisSettings

_TOKEN: Final = re.compile(r"[\x21-\x7e]{1,512}")


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

    github_token: SecretStr | None = None
    """May read and write the hooks of the repositories; unset: GitHub's API is never asked."""

    github_api: HttpUrl = HttpUrl("https://api.github.com")
    """The one address that gets the token."""

    @field_validator("github_token")
    @classmethod
    def _can_be_sent(cls, token: SecretStr | None) -> SecretStr | None:
        if token and not _TOKEN.fullmatch(token.get_secret_value()):
            raise ValueError("a token is one line without spaces")
        return token

    @field_validator("github_api")
    @classmethod
    def _keeps_the_token(cls, url: HttpUrl) -> HttpUrl:
        if url.username or url.password or url.query or url.fragment:
            raise ValueError("write https://host[:port][/path] and nothing else")
        if url.scheme != "https" and not _is_loopback(url.host or ""):
            raise ValueError("only https keeps a token secret on its way")
        return url

    @property
    def secrets_key(self) -> Path:
        """What opens every secret, and what seals the secrets of hooks."""
        return self.keys / "secrets.key"

    @property
    def identity_private_key(self) -> Path:
        """What identities are signed with: for ingest alone."""
        return self.keys / "identity.pem"


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
