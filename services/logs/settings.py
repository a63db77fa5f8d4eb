"""What logs are told by their environment."""

from pydantic import Field

from services.chassis.settings import ChassisSettings


class LogsSettings(ChassisSettings):
    """The settings of logs."""

    log_days: float = Field(default=90, gt=0)
    """How long the lines of a run are kept after its last one came."""
    log_gap_seconds: float = Field(default=5, gt=0)
    """How long one who follows a run waits for missing lines before they are shown as missing."""
