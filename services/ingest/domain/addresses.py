"""How things are addressed: ids that follow from each other, and what a repository's URL says.

RepositoryRefused
"""

from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Final
from urllib.parse import unquote, urlsplit
from uuid import UUID

from pydantic import TypeAdapter, ValidationError

from trellis_contracts import names
from trellis_contracts.names import (
    ApplicationId,
    EnvironmentId,
    EnvironmentName,
    HookId,
    RepositoryName,
    RepositoryUrl,
    derived_id,
)

ENVIRONMENTS: Final[tuple[EnvironmentName, ...]] = ("development", "staging", "production")
"""What every new application has; the orchestrator derives the same ids."""

_NAME = TypeAdapter[str](RepositoryName)


class RepositoryRefused(ValueError):
    """Trellis may not clone from this URL, or it names no repository."""

    def __init__(self, reason: str, remedy: str) -> None:
        """Takes what is wrong and what to do."""
        self.reason, self.remedy = reason, remedy
        super().__init__(f"{reason} {remedy}")


def application_id(asked: UUID) -> ApplicationId:
    """Give the id of the application that this command makes, each time it is repeated."""
    return derived_id(asked, "application")


def hook_id(application: ApplicationId) -> HookId:
    """Give the id of an application's hook: no secret, its signature is what counts."""
    return derived_id(application, "hook").hex


def environment_ids(application: ApplicationId) -> Mapping[EnvironmentName, EnvironmentId]:
    """Give the ids of an application's environments, by name and in their order."""
    return MappingProxyType({name: derived_id(application, name) for name in ENVIRONMENTS})


def added_environment_id(application: ApplicationId, asked: UUID) -> EnvironmentId:
    """Give the id of the environment that this command adds, each time it is repeated."""
    return names.added_environment_id(application, asked, "environment")


def is_of(environment: EnvironmentId, application: ApplicationId) -> bool:
    """Say whether this id can be that of an environment of the application."""
    if environment in environment_ids(application).values():
        return True
    return names.is_added_to(environment, application)


def repository_name(url: RepositoryUrl, *, origins: Collection[str]) -> RepositoryName:
    """Give what the forge calls the repository at `url`: its path without `.git`.

    Raises:
        RepositoryRefused: its origin is not exactly one of `origins`, or the path is no name.
    """
    parts = urlsplit(url)
    origin = f"{parts.scheme}://{parts.netloc}"
    if origin.lower() not in {allowed.lower() for allowed in origins}:
        raise RepositoryRefused(
            f"Trellis may not clone from {origin}.",
            f"Use one of {', '.join(sorted(origins))}, or have whoever runs Trellis add it to "
            "TRELLIS_GIT_ORIGINS.",
        )
    path = unquote(parts.path).strip("/").removesuffix(".git")
    try:
        name = _NAME.validate_python(path)
    except ValidationError:
        name = ""
    if not name or any(part in {".", ".."} for part in name.split("/")):
        raise RepositoryRefused(
            "The URL names no repository.", "Write it as https://github.com/owner/name."
        )
    return name
