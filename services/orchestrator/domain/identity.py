"""What an application is called, and where it comes from: its name, its repository, its folder.

A part of the application's stream. `ApplicationCreated`, kept as it would be told today, holds it.
"""

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from typing import assert_never
from urllib.parse import urlsplit, urlunsplit

from services.orchestrator.domain.configuration import Configuration
from services.orchestrator.domain.refusals import IllegalName
from trellis_contracts.applications import ApplicationCreated, EnvironmentConfigured
from trellis_contracts.lifecycles import (
    ApplicationRenamed,
    ChangeFolder,
    FolderChanged,
    IdentityCommand,
    IdentityEvent,
    RenameApplication,
    RepointRepository,
    RepositoryMoved,
)
from trellis_contracts.names import ApplicationName, RepositoryName, RepositoryUrl


def evolve(state: ApplicationCreated, event: IdentityEvent) -> ApplicationCreated:
    """Give the application's identity after the event."""
    match event:
        case ApplicationRenamed():
            return state.model_copy(update={"name": event.name})
        case RepositoryMoved():
            moved = {"repository": event.repository, "repository_name": event.repository_name}
            return state.model_copy(update=moved)
        case FolderChanged():
            return state.model_copy(update={"folder": event.folder})
        case _:
            assert_never(event)


def decide(
    command: IdentityCommand,
    state: ApplicationCreated,
    *,
    environments: Iterable[Configuration],
    names: AbstractSet[ApplicationName],
) -> list[IdentityEvent | EnvironmentConfigured]:
    """Give what the command changes; nothing when it is so already.

    Raises:
        IllegalName: another application has the name.
    """
    match command:
        case RenameApplication():
            if command.name in names - {state.name}:
                raise IllegalName(command.name)
            return _rename(command, state, environments)
        case RepointRepository():
            return _repoint(command, state)
        case ChangeFolder():
            return _folder(command.folder, state)
        case _:
            assert_never(command)


def moved_url(url: RepositoryUrl, name: RepositoryName) -> RepositoryUrl:
    """Give the URL of a repository that is called `name` now, at the origin that it was at."""
    parts = urlsplit(url)
    ending = ".git" if parts.path.rstrip("/").endswith(".git") else ""
    return urlunsplit((parts.scheme, parts.netloc, f"/{name}{ending}", "", ""))


def _rename(
    command: RenameApplication,
    state: ApplicationCreated,
    environments: Iterable[Configuration],
) -> list[IdentityEvent | EnvironmentConfigured]:
    if command.name == state.name:
        return []
    renamed = ApplicationRenamed(**command.model_dump())
    return [renamed, *(_kept(state, one) for one in environments if not one.settings.stack_name)]


def _kept(state: ApplicationCreated, environment: Configuration) -> EnvironmentConfigured:
    """A stack cannot be renamed: the one of the old name stays the environment's, by a setting."""
    stack = {"stack_name": f"{state.name}-{environment.stage}"}
    return EnvironmentConfigured(
        application_id=state.application_id,
        environment_id=environment.environment_id,
        settings=environment.settings.model_copy(update=stack),
    )


def _repoint(
    command: RepointRepository, state: ApplicationCreated
) -> list[IdentityEvent | EnvironmentConfigured]:
    now = state.repository, state.repository_name
    moved = RepositoryMoved(**command.model_dump(exclude={"folder"}))
    here = [] if now == (command.repository, command.repository_name) else [moved]
    return [*here, *([] if command.folder is None else _folder(command.folder, state))]


def _folder(folder: str, state: ApplicationCreated) -> list[IdentityEvent | EnvironmentConfigured]:
    if folder == state.folder:
        return []
    return [FolderChanged(application_id=state.application_id, folder=folder)]
