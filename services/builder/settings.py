"""What the builder is told by its environment."""

from pathlib import Path
from typing import Literal

from pydantic import Field

from services.chassis.settings import ChassisSettings


class BuilderSettings(ChassisSettings):
    """The settings of a builder, beside those that every service shares."""

    builder_name: str = "builder"
    """What is shown of it: one name for each builder."""
    builder_grade: Literal["standard"] = "standard"
    """How runs are isolated: `standard` is bubblewrap with the host's network."""
    builder_pass: str = "default"  # noqa: S105 - what may pass, no password
    """Variables and files of this host that reach the sandbox: see docs/operations."""
    builder_runs: Path = Field(default_factory=lambda validated: validated["data"] / "runs")
    builder_store: Path = Field(default_factory=lambda validated: validated["data"] / "store")
    """Where toolchains and installed dependencies are kept; it may be deleted at any time."""
    builder_store_gib: float = Field(default=20, gt=0)
    """How much installed dependencies may take there; what was used longest ago goes first."""
    builder_slots: int = Field(default=2, ge=1, le=64)
    """Runs at a time."""

    step_seconds: float = Field(default=1800, gt=0)
    """The longest that one step's program may take."""
    silence_seconds: float = Field(default=600, gt=0)
    """The longest that a step's program may print nothing."""

    aws_endpoint: str | None = None
    """A local AWS instead of the real one; with `aws_instance`, because it forgets."""
    aws_instance: str | None = None
