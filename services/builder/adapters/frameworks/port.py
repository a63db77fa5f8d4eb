"""What a framework is to the builder: how it is known, and how an assembly of it is made.

FrameworkUnknown
SeveralApplications
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from trellis_contracts.names import ApplicationId, EnvironmentId


class FrameworkUnknown(Exception):
    """Nothing in the folder, or below it where that was allowed, says how it is deployed."""

    def __init__(self, looked_for: tuple[str, ...], folder: str) -> None:
        self.looked_for = looked_for
        self.folder = folder
        super().__init__(f"none of {', '.join(looked_for)} in {folder or 'the root'}")


class SeveralApplications(Exception):
    """The repository holds several applications, and nobody said which one is meant."""

    def __init__(self, folders: tuple[str, ...]) -> None:
        self.folders = folders
        super().__init__(f"applications in {', '.join(folders)}")


@dataclass(frozen=True, slots=True, kw_only=True)
class SynthesisRequest:
    """For whom, for where and with what an assembly is made.

    `variables` fill parameters of their name; of `secrets` the names alone are told, since no
    value may be in an assembly. `bucket` is where assets will lie (`access.asset_bucket`);
    `context` answers what CDK asked about the account.
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
    context: Mapping[str, Any] = field(default_factory=dict)


class Framework(Protocol):
    """A way to describe a serverless application.

    `synthesiser.program` makes its assembly in the application's folder, without any credential.
    """

    @property
    def name(self) -> str:
        """What people call it."""

    @property
    def way(self) -> str:
        """How `synthesiser.program` makes its assembly."""

    @property
    def looked_for(self) -> tuple[str, ...]:
        """The files that it is known by, as a person would write them."""

    @property
    def names_stacks(self) -> bool:
        """Whether the application says what its stacks are called, and not we."""

    @property
    def toolchain(self) -> str | None:
        """The toolchain of the builder that it needs beside what the application brings."""

    def detect(self, folder: Path) -> str | None:
        """Give the name of the file that says so, or None. Reads little and follows no link."""


@dataclass(frozen=True, slots=True)
class Found:
    """A framework, the file that it was known by, and the folder of the checkout it lies in."""

    framework: Framework
    file: str
    folder: str = ""

    @property
    def name(self) -> str:
        """What people call the framework."""
        return self.framework.name
