"""What an environment runs, and what a deployment was told to use."""

from pydantic import Field

from trellis_contracts.applications import VariableValue
from trellis_contracts.message import Message
from trellis_contracts.names import (
    ApplicationName,
    ArtifactId,
    BranchName,
    CommitSha,
    DeploymentId,
    EnvironmentId,
    EnvironmentName,
    FolderPath,
    RepositoryUrl,
    StackName,
    Stage,
    VariableName,
)
from trellis_contracts.settings import EnvironmentSettings


class Target(Message):
    """Everything about application and environment that a deployment uses, as it was then.

    Values of variables are in it; secrets, credentials and the clone token are versions only, kept
    under the environment itself or under `values_of`, the template of a pull request's.
    """

    application: ApplicationName
    environment: EnvironmentName
    stage: Stage
    production: bool
    repository: RepositoryUrl
    folder: FolderPath = ""
    settings: EnvironmentSettings
    variables: dict[VariableName, VariableValue] = {}
    secrets: dict[VariableName, int] = {}
    credentials_version: int | None = None
    clone_token_version: int | None = None
    values_of: EnvironmentId | None = None

    @property
    def stack_name(self) -> StackName:
        """The stack of this environment: set by a person, or `<application>-<stage>`."""
        return self.settings.stack_name or f"{self.application}-{self.stage}"


class StackOutputs(Message):
    """One stack as it stood after the deployment, with the outputs that it shows."""

    stack: StackName
    stack_id: str = Field(max_length=512)
    outputs: dict[str, str] = {}


class Cloud(Message):
    """Where a release runs. A local AWS has an `instance`, and forgets when it stops."""

    account: str = Field(pattern=r"^\d{12}$")
    region: str
    instance: str | None = None


class Release(Message):
    """What an environment runs: enough to roll back to it and to remove it.

    `deployment_id` is the deployment that built `artifact`; a rollback keeps it.
    `secrets` are the versions that its stacks were given.
    """

    deployment_id: DeploymentId
    commit: CommitSha
    branch: BranchName | None
    framework: str = Field(max_length=64)
    artifact: ArtifactId
    stacks: tuple[StackOutputs, ...]
    secrets: dict[VariableName, int] = {}
    cloud: Cloud
