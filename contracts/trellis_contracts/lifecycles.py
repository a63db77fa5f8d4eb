"""How an application and its environments change and end: renamed, moved, reordered, removed.

All of it is in the stream `application-<id>`; `applications` has the unions.
"""

from enum import StrEnum

from pydantic import Field

from trellis_contracts.message import Message
from trellis_contracts.names import (
    ApplicationId,
    ApplicationName,
    EnvironmentId,
    EnvironmentName,
    FolderPath,
    RepositoryName,
    RepositoryUrl,
)


class Mover(StrEnum):
    """Who said that an application's repository is another one, or elsewhere, from now on."""

    PERSON = "person"
    FORGE = "forge"


class ApplicationRenamed(Message):
    """An application has another name. Its stacks keep theirs: settings that follow say so."""

    application_id: ApplicationId
    name: ApplicationName


class RepositoryMoved(Message):
    """An application is cloned from here from the next run on.

    By the forge: the same repository was renamed or transferred, and its branches stand where
    they stood. By a person: it is another repository, and nothing is known of its branches.
    """

    application_id: ApplicationId
    repository: RepositoryUrl
    repository_name: RepositoryName
    why: Mover


class FolderChanged(Message):
    """An application lies in this folder of its repository from the next run on."""

    application_id: ApplicationId
    folder: FolderPath


class ApplicationDeletionRequested(Message):
    """Somebody wants an application gone, or asked again: everything it runs is torn down."""

    application_id: ApplicationId


class ApplicationDeleted(Message):
    """Nothing of an application is left in the cloud. Its name is free, its history stays."""

    application_id: ApplicationId
    name: ApplicationName


class EnvironmentRenamed(Message):
    """An environment has another name; its stage, and so what runs, is the same."""

    application_id: ApplicationId
    environment_id: EnvironmentId
    name: EnvironmentName


class EnvironmentsReordered(Message):
    """An application's environments are in this order, all of them."""

    application_id: ApplicationId
    environments: tuple[EnvironmentId, ...] = Field(min_length=1)


class EnvironmentRemoved(Message):
    """An application has one environment fewer. It had nothing in the cloud; its history stays."""

    application_id: ApplicationId
    environment_id: EnvironmentId


class EnvironmentClassified(Message):
    """An environment is a production environment from now on, or is none any more."""

    application_id: ApplicationId
    environment_id: EnvironmentId
    production: bool


IdentityEvent = ApplicationRenamed | RepositoryMoved | FolderChanged
LifecycleEvent = (
    IdentityEvent
    | ApplicationDeletionRequested
    | ApplicationDeleted
    | EnvironmentRenamed
    | EnvironmentsReordered
    | EnvironmentRemoved
    | EnvironmentClassified
)


class RenameApplication(Message):
    """Give an application another name."""

    application_id: ApplicationId
    name: ApplicationName


class RepointRepository(Message):
    """Clone an application from elsewhere; the folder stays if none is given."""

    application_id: ApplicationId
    repository: RepositoryUrl
    repository_name: RepositoryName
    folder: FolderPath | None = None
    why: Mover = Mover.PERSON


class ChangeFolder(Message):
    """Say where in its repository an application lies."""

    application_id: ApplicationId
    folder: FolderPath


class DeleteApplication(Message):
    """Tear down whatever an application runs and forget it; `confirm` is its name.

    Asked again, what could not be torn down is tried again.
    """

    application_id: ApplicationId
    confirm: str = Field(max_length=64)


class ConcludeDeletion(Message):
    """Look whether anything of an application that is to be deleted is left."""

    application_id: ApplicationId


class RenameEnvironment(Message):
    """Give an environment another name; its stage stays."""

    application_id: ApplicationId
    environment_id: EnvironmentId
    name: EnvironmentName


class ReorderEnvironments(Message):
    """Put an application's environments in this order: all of them, each once."""

    application_id: ApplicationId
    environments: tuple[EnvironmentId, ...] = Field(min_length=1, max_length=1000)


class RemoveEnvironment(Message):
    """Remove an environment that has nothing in the cloud; `confirm` is its name."""

    application_id: ApplicationId
    environment_id: EnvironmentId
    confirm: str = Field(max_length=64)


class ClassifyEnvironment(Message):
    """Make an environment a production environment, or none: for one that pushes do not deploy."""

    application_id: ApplicationId
    environment_id: EnvironmentId
    production: bool


IdentityCommand = RenameApplication | RepointRepository | ChangeFolder
LifecycleCommand = (
    IdentityCommand
    | DeleteApplication
    | ConcludeDeletion
    | RenameEnvironment
    | ReorderEnvironments
    | RemoveEnvironment
    | ClassifyEnvironment
)
