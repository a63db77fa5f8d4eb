"""What the orchestrator is told by its environment, besides what every service is told."""

from pydantic import Field

from services.chassis.settings import ChassisSettings


class OrchestratorSettings(ChassisSettings):
    """`TRELLIS_RUN_SECONDS` and `TRELLIS_POLL_SECONDS`."""

    run_seconds: int = Field(default=3600, ge=1)
    """How long one run may take."""
    poll_seconds: float = Field(default=30, gt=0)
    """How often the remote is asked for its branches, while no webhook has ever arrived."""
