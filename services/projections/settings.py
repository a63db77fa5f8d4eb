"""What projections are told by their environment."""

from pydantic import Field

from services.chassis.settings import ChassisSettings


class ProjectionsSettings(ChassisSettings):
    """The settings of projections."""

    wait_seconds: float = Field(default=5, gt=0, le=60)
    """How long a reader may wait for a position that the views have not reached yet."""
