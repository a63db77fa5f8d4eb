"""Folders that a step may write to, while what lies below them stays as it is (pure)."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

WORKSPACE = "/workspace"
LAYERS = "layers"
"""The folder of a run that holds what its steps write over layers; no step can look into it."""


@dataclass(frozen=True, slots=True)
class Layer:
    """A folder that a step finds at `target`, and writes to in a layer of its run's own.

    `lower` is never written. `upper` and `work` are folders of the run below `LAYERS`.
    """

    lower: Path
    upper: Path
    work: Path
    target: str


def layered(layers: Sequence[Layer]) -> list[str]:
    """Give the options that put layers into the workspace, and hide where their writes lie."""
    if not layers:
        return []
    words = ["--perms", "0500", "--tmpfs", f"{WORKSPACE}/{LAYERS}"]
    for layer in layers:
        words += ["--overlay-src", str(layer.lower)]
        words += ["--overlay", str(layer.upper), str(layer.work), layer.target]
    return words
