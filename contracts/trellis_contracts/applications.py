"""Applications, their environments and settings: the stream `application-<id>`."""

from typing import Annotated

from pydantic import Field, StringConstraints

from trellis_contracts.lifecycles import LifecycleCommand, LifecycleEvent
from trellis_contracts.message import Message
from trellis_contracts.names import (
    ApplicationId,
    ApplicationName,
    BranchName,
    CommitSha,
    EnvironmentId,
    EnvironmentName,
    FolderPath,
    HookId,
    RepositoryName,
    RepositoryUrl,
    Stage,
    VariableName,
)
from trellis_contracts.pull_requests import Number, PullRequestCommand, PullRequestEvent
from trellis_contracts.pushes import (
    BranchesListed,
    BranchesUnlisted,
    BranchHeadObserved,
    BranchUnobservable,
)
from trellis_contracts.rules import (
    CheckConclusion,
    CheckName,
    PathPattern,
)
from trellis_contracts.settings import EnvironmentSettings, SettingsChange
from trellis_contracts.trials import TrialEvent, TryPullRequest

VariableValue = Annotated[str, StringConstraints(max_length=4096)]


class ApplicationCreated(Message):
    """A team connected a repository; its three environments follow in the same append."""

    application_id: ApplicationId
    name: ApplicationName
    repository: RepositoryUrl
    repository_name: RepositoryName
    hook: HookId
    default_branch: BranchName
    folder: FolderPath = ""


class EnvironmentAdded(Message):
    """An application has one more environment, behind the others until they are reordered.

    That of a pull request uses the variables, secrets and credentials of `template`.
    """

    application_id: ApplicationId
    environment_id: EnvironmentId
    name: EnvironmentName
    stage: Stage
    production: bool
    settings: EnvironmentSettings
    pull_request: Number | None = None
    template: EnvironmentId | None = None


class EnvironmentConfigured(Message):
    """An environment's settings are now these, whole."""

    application_id: ApplicationId
    environment_id: EnvironmentId
    settings: EnvironmentSettings


class VariableSet(Message):
    """A variable has this value from the next deployment on. A secret is never a variable."""

    application_id: ApplicationId
    environment_id: EnvironmentId
    name: VariableName
    value: VariableValue


class VariableRemoved(Message):
    """A variable is gone from the next deployment on."""

    application_id: ApplicationId
    environment_id: EnvironmentId
    name: VariableName


class SecretStored(Message):
    """A secret has a new version; its value is in the secrets store alone."""

    application_id: ApplicationId
    environment_id: EnvironmentId
    name: VariableName
    version: int = Field(ge=1)


class SecretRemoved(Message):
    """A secret is gone from the next deployment on."""

    application_id: ApplicationId
    environment_id: EnvironmentId
    name: VariableName


class CredentialsStored(Message):
    """The AWS credentials of an environment have a new version in the secrets store."""

    application_id: ApplicationId
    environment_id: EnvironmentId
    version: int = Field(ge=1)


class WatchesChanged(Message):
    """A push deploys only when it changes something of these paths; none: whatever it changes."""

    application_id: ApplicationId
    paths: tuple[PathPattern, ...] = Field(max_length=50)


class CheckReported(Message):
    """A check of the team's CI says this of a commit."""

    application_id: ApplicationId
    commit: CommitSha
    check: CheckName
    conclusion: CheckConclusion


class CloneTokenStored(Message):
    """The token that clones a private repository has a new version in the secrets store."""

    application_id: ApplicationId
    version: int = Field(ge=1)


ApplicationEvent = (
    ApplicationCreated
    | EnvironmentAdded
    | EnvironmentConfigured
    | VariableSet
    | VariableRemoved
    | SecretStored
    | SecretRemoved
    | CredentialsStored
    | CloneTokenStored
    | WatchesChanged
    | CheckReported
    | BranchHeadObserved
    | BranchUnobservable
    | BranchesListed
    | BranchesUnlisted
    | LifecycleEvent
    | PullRequestEvent
    | TrialEvent
)


class CreateApplication(Message):
    """Connect a repository: development on its default branch, staging and production by hand."""

    application_id: ApplicationId
    name: ApplicationName
    repository: RepositoryUrl
    repository_name: RepositoryName
    hook: HookId
    default_branch: BranchName = "main"
    folder: FolderPath = ""
    clone_token_version: int | None = None


class AddEnvironment(Message):
    """Give an application one more environment, behind the one named by `after` or the last.

    `stage` is made from the name if it is not given; it never changes.
    """

    application_id: ApplicationId
    environment_id: EnvironmentId
    name: EnvironmentName
    stage: Stage | None = None
    production: bool = False
    settings: EnvironmentSettings = EnvironmentSettings()
    after: EnvironmentId | None = None


class ConfigureEnvironment(Message):
    """Change settings of one environment; only fields that were set in `change` count."""

    application_id: ApplicationId
    environment_id: EnvironmentId
    change: SettingsChange


class SetVariable(Message):
    """Give a variable a value."""

    application_id: ApplicationId
    environment_id: EnvironmentId
    name: VariableName
    value: VariableValue


class RemoveVariable(Message):
    """Remove a variable."""

    application_id: ApplicationId
    environment_id: EnvironmentId
    name: VariableName


class RecordSecret(Message):
    """Say that a secret's value was stored under this version."""

    application_id: ApplicationId
    environment_id: EnvironmentId
    name: VariableName
    version: int = Field(ge=1)


class RemoveSecret(Message):
    """Remove a secret."""

    application_id: ApplicationId
    environment_id: EnvironmentId
    name: VariableName


class RecordCredentials(Message):
    """Say that an environment's AWS credentials were stored under this version."""

    application_id: ApplicationId
    environment_id: EnvironmentId
    version: int = Field(ge=1)


class RecordCloneToken(Message):
    """Say that an application's clone token was stored under this version."""

    application_id: ApplicationId
    version: int = Field(ge=1)


class WatchPaths(Message):
    """Say which paths of the repository the application is made of; none: all of them."""

    application_id: ApplicationId
    paths: tuple[PathPattern, ...] = Field(max_length=50)


ApplicationCommand = (
    CreateApplication
    | ConfigureEnvironment
    | SetVariable
    | RemoveVariable
    | RecordSecret
    | RemoveSecret
    | RecordCredentials
    | RecordCloneToken
    | WatchPaths
    | AddEnvironment
    | LifecycleCommand
    | PullRequestCommand
    | TryPullRequest
)
