"""What a framework is to the builder: how it is known, and what makes an assembly of it.

FrameworkUnknown
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from services.builder.adapters.isolation.sandbox import Command
from trellis_contracts.names import ApplicationId, EnvironmentId


class FrameworkUnknown(Exception):
    """Nothing in the folder says how it is deployed."""

    def __init__(self, looked_for: tuple[str, ...], folder: str) -> None:
        self.looked_for = looked_for
        self.folder = folder
        super().__init__(f"none of {', '.join(looked_for)} in {folder or 'the root'}")


@dataclass(frozen=True, slots=True, kw_only=True)
class SynthesisRequest:
    """For whom, for where and with what an assembly is made.

    `variables` fill parameters of their name; of `secrets` the names alone are told, since no
    value may be in an assembly. `bucket` is where assets will lie (`access.asset_bucket`).
    """

    application_id: ApplicationId
    environment_id: EnvironmentId
    account: str
    region: str
    stage: str
    stack: str
    bucket: str
    variables: Mapping[str, str] = field(default_factory=dict)
    secrets: frozenset[str] = frozenset()


class Framework(Protocol):
    """A way to describe a serverless application.

    The program of `command` runs in the application's folder, without any credential. It reads
    `request.json` in the folder `room` and leaves `result.json` and the folder `assembly` there.
    """

    @property
    def name(self) -> str:
        """What people call it."""

    @property
    def looked_for(self) -> tuple[str, ...]:
        """The files that it is known by, as a person would write them."""

    def detect(self, folder: Path) -> str | None:
        """Give the name of the file that says so, or None. Reads little and follows no link."""

    def command(self, room: str) -> Command:
        """Give what makes the assembly; `room` is a folder as the sandbox sees it."""


@dataclass(frozen=True, slots=True)
class Found:
    """A framework, and the file in the application's folder that it was known by."""

    framework: Framework
    file: str

    @property
    def name(self) -> str:
        """What people call the framework."""
        return self.framework.name
