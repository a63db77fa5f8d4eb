"""Under which conditions a builder works, as its settings say."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Conditions:
    """One builder's own; `hidden` is never visible in a sandbox, `passed` may reach it.

    `store` keeps what later runs need again: toolchains and dependencies, these
    up to `store_bytes`. A step's program may take `step_seconds`, and be silent for
    `silence_seconds`. A local AWS stands in for the real one
    where `aws_endpoint` is given.
    """

    name: str
    grade: str
    slots: int
    runs: Path
    store: Path
    store_bytes: int
    hidden: tuple[Path, ...]
    passed: str
    git_origins: tuple[str, ...]
    step_seconds: float
    silence_seconds: float
    heartbeat_seconds: float
    aws_endpoint: str | None
    aws_instance: str | None
