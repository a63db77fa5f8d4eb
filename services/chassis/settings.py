"""What a process is told by its environment (`TRELLIS_…`), read once when it starts.

SettingsRejected
"""

from pathlib import Path
from typing import Annotated, Literal, Self, TypeVar
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

PREFIX = "TRELLIS_"
BUS_FOLDER = "bus"
URL_FILE = "url"

LogLevel = Literal["debug", "info", "warning", "error"]


class SettingsRejected(Exception):
    """A variable holds what it must not; the message names each variable and what is wrong."""

    def __init__(self, refusals: dict[str, str]) -> None:
        """Takes what is wrong by the variable's name."""
        self.refusals = refusals
        listed = "; ".join(f"{name}: {reason}" for name, reason in refusals.items())
        super().__init__(f"Trellis cannot start with these settings. Correct {listed}.")


def _below(folder: str, scheme: str) -> str:
    return f"{scheme}://{folder}"


def _default_url(scheme: str, name: str) -> SecretStr:
    """A field that lies in the data folder unless it is set."""

    def beside(validated: dict[str, object]) -> SecretStr:
        return SecretStr(_below(f"{validated['data']}/{name}", scheme))

    default: SecretStr = Field(default_factory=beside)
    return default


class ChassisSettings(BaseSettings):
    """The settings that every service shares; a service adds its own in a subclass.

    A URL that can hold a password is a `SecretStr`. Without a variable, everything is embedded
    and lies below `data`; file URLs hold absolute paths (`sqlite:///a/b` is the file `/a/b`).
    """

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, env_ignore_empty=True)

    data: Path = Field(default_factory=lambda: Path.home() / ".local" / "share" / "trellis")
    keys: Path = Field(default_factory=lambda: Path.home() / ".config" / "trellis")
    """Where the keys of secrets and artifacts lie: outside `data`, so a copy of it opens none."""

    nats: SecretStr | None = None
    """Where the bus is; None: the embedded one, whose URL lies in the data folder."""
    nats_unsafe: bool = False
    """Start although the bus acknowledges before it syncs, and may lose what it acknowledged."""
    nats_replicas: int = Field(default=1, ge=1, le=5)

    event_store: SecretStr = _default_url("sqlite", "events.sqlite")
    views: SecretStr = _default_url("sqlite", "views.sqlite")
    directory: SecretStr = _default_url("sqlite", "directory.sqlite")
    secrets: SecretStr = _default_url("file", "secrets.encrypted")
    artifacts: SecretStr = _default_url("file", "artifacts")
    log_archive: SecretStr = _default_url("file", "log-archive")
    git_origins: Annotated[tuple[str, ...], NoDecode] = ("https://github.com",)

    host: str = "127.0.0.1"
    port: int = Field(default=0, ge=0, le=65535)
    log_level: LogLevel = "info"
    identity_public_key: Path = Field(
        default_factory=lambda validated: validated["data"] / "identity" / "public.pem"
    )

    failpoints: Path | None = None
    """The kill rig's gate; only tests set it."""

    heartbeat_seconds: float = Field(default=5, gt=0)
    lease_seconds: float = Field(default=30, gt=0)
    reconcile_seconds: float = Field(default=300, gt=0)
    """How often the forge is asked what was missed, although webhooks arrive."""

    def bus_url(self) -> str:
        """The URL of the bus, with its password; the embedded one's as the data folder has it.

        Raises:
            SettingsRejected: nothing is set and no embedded bus has ever run in the data folder.
        """
        if self.nats is not None:
            return self.nats.get_secret_value()
        try:
            return (self.data / BUS_FOLDER / URL_FILE).read_text().strip()
        except OSError:
            reason = f"set it to nats://…, or start `trellis up`; no bus has run in {self.data}"
            raise SettingsRejected({"TRELLIS_NATS": reason}) from None

    @field_validator("data", "keys", "identity_public_key")
    @classmethod
    def _absolute(cls, path: Path) -> Path:
        return path.expanduser().absolute()

    @field_validator("git_origins", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(value.replace(",", " ").split()) if isinstance(value, str) else value

    @field_validator("git_origins")
    @classmethod
    def _are_origins(cls, origins: tuple[str, ...]) -> tuple[str, ...]:
        for origin in origins:
            _refuse_what_is_no_origin(origin)
        return origins

    @model_validator(mode="after")
    def _a_lease_outlives_heartbeats(self) -> Self:
        if self.lease_seconds < 2 * self.heartbeat_seconds:
            raise ValueError("TRELLIS_LEASE_SECONDS must be twice TRELLIS_HEARTBEAT_SECONDS")
        return self


Settings = TypeVar("Settings", bound=ChassisSettings)


def read_settings(kind: type[Settings], **given: object) -> Settings:
    """The settings of one service, from the environment; what is given here wins.

    Raises:
        SettingsRejected: naming every variable that holds what it must not; never its value.
    """
    try:
        return kind.model_validate(given) if given else kind()
    except ValidationError as rejected:
        raise SettingsRejected(_reasons(rejected)) from None


def _reasons(rejected: ValidationError) -> dict[str, str]:
    found = rejected.errors(include_url=False, include_input=False, include_context=False)
    return {
        _variable(error["loc"]): error["msg"]
        for error in found
        if error["type"] != "default_factory_not_called"  # a consequence of another refusal
    }


def _variable(location: tuple[int | str, ...]) -> str:
    return PREFIX + str(location[0]).upper() if location else "the settings"


def _refuse_what_is_no_origin(origin: str) -> None:
    parts = urlsplit(origin)
    if not parts.scheme or not parts.hostname or f"{parts.scheme}://{parts.netloc}" != origin:
        raise ValueError(f"{origin!r} is no origin; write scheme://host[:port] and nothing after")
    if "@" in parts.netloc:
        raise ValueError("an origin holds no user and no password")
