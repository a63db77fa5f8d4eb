"""What changes or ends an application or an environment: names, repository, order, removal."""

from collections.abc import Sequence
from enum import Enum
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path
from pydantic import Field

from services.ingest.adapters.orchestrator import Command, Orchestrator
from services.ingest.domain.addresses import added_environment_id
from services.ingest.handlers.applications import named
from services.ingest.handlers.asking import (
    Administrator,
    AtEnvironment,
    Body,
    Configurer,
    Creator,
    Decision,
    DryRun,
    Key,
    decided,
    told,
)
from trellis_contracts.applications import AddEnvironment
from trellis_contracts.lifecycles import (
    ChangeFolder,
    ClassifyEnvironment,
    DeleteApplication,
    RemoveEnvironment,
    RenameApplication,
    RenameEnvironment,
    ReorderEnvironments,
    RepointRepository,
)
from trellis_contracts.names import (
    ApplicationName,
    EnvironmentId,
    EnvironmentName,
    FolderPath,
    RepositoryUrl,
    Stage,
)
from trellis_contracts.rights import Identity
from trellis_contracts.settings import EnvironmentSettings

Application = Annotated[UUID, Path()]


class NewApplicationName(Body):
    """What the application is called from now on."""

    name: ApplicationName


class NewRepository(Body):
    """Where the application is cloned from, from the next run on; its folder stays if not sent."""

    repository: RepositoryUrl
    folder: FolderPath | None = None


class NewFolder(Body):
    """Where in its repository the application lies; empty is the root."""

    folder: FolderPath


class NewEnvironment(Body):
    """One more environment: last, or behind the one whose id is `after`.

    `stage` is made from the name if it is not sent; it never changes.
    """

    name: EnvironmentName
    stage: Stage | None = None
    production: bool = False
    settings: EnvironmentSettings = EnvironmentSettings()
    after: EnvironmentId | None = None


class NewOrder(Body):
    """All environments of the application, each once, in the order of promotion."""

    environments: tuple[EnvironmentId, ...] = Field(min_length=1, max_length=1000)


class NewEnvironmentName(Body):
    """What the environment is called from now on."""

    name: EnvironmentName


class NewClass(Body):
    """Whether the environment is a production environment from now on."""

    production: bool


class Confirmation(Body):
    """`confirm` is the name of what is to go, typed by whoever wants it gone."""

    confirm: str = Field(max_length=64)


class Lifecycles:
    """The routes of changes and ends."""

    def __init__(self, orchestrator: Orchestrator, *, git_origins: Sequence[str]) -> None:
        """Takes who decides, and from where may be cloned."""
        self._orchestrator, self._git_origins = orchestrator, git_origins

    def router(self) -> APIRouter:
        """The routes, to be included under the API's prefix."""
        router = APIRouter(prefix="/applications/{application_id}")
        applications: list[str | Enum] = ["applications"]
        environments: list[str | Enum] = ["environments"]
        router.put("/name", status_code=202, tags=applications)(self.rename)
        router.put("/repository", status_code=202, tags=applications)(self.repoint)
        router.put("/folder", status_code=202, tags=applications)(self.change_folder)
        router.post("/deletion", status_code=202, tags=applications)(self.delete)
        router.post("/environments", status_code=202, tags=environments)(self.add)
        router.put("/environments/order", status_code=202, tags=environments)(self.reorder)
        at = "/environments/{environment_id}"
        router.put(f"{at}/name", status_code=202, tags=environments)(self.rename_environment)
        router.put(f"{at}/class", status_code=202, tags=environments)(self.classify)
        router.post(f"{at}/removal", status_code=202, tags=environments)(self.remove)
        return router

    async def rename(
        self, *, who: Configurer, application_id: Application, asked: NewApplicationName, key: Key
    ) -> Decision:
        """Give the application another name. What runs stays: its stacks keep their names."""
        command = RenameApplication(application_id=application_id, name=asked.name)
        return await self._decided(command, who=who, key=key)

    async def repoint(
        self, *, who: Configurer, application_id: Application, asked: NewRepository, key: Key
    ) -> Decision:
        """Clone the application from elsewhere, from the next run on.

        Its hook stays as it is: enter the same URL and secret in the other repository.
        """
        command = RepointRepository(
            application_id=application_id,
            repository=asked.repository,
            repository_name=named(asked.repository, origins=self._git_origins),
            folder=asked.folder,
        )
        return await self._decided(command, who=who, key=key)

    async def change_folder(
        self, *, who: Configurer, application_id: Application, asked: NewFolder, key: Key
    ) -> Decision:
        """Say where in its repository the application lies, from the next run on."""
        command = ChangeFolder(application_id=application_id, folder=asked.folder)
        return await self._decided(command, who=who, key=key)

    async def delete(
        self,
        *,
        who: Creator,
        application_id: Application,
        asked: Confirmation,
        key: Key,
        dry_run: DryRun,
    ) -> Decision:
        """Tear down whatever the application runs, then remove its secrets and forget its name.

        Its history stays. Asked again, what could not be torn down is tried again.
        """
        command = DeleteApplication(application_id=application_id, confirm=asked.confirm)
        return await self._decided(command, who=who, key=key, dry_run=dry_run)

    async def add(
        self, *, who: Configurer, application_id: Application, asked: NewEnvironment, key: Key
    ) -> Decision:
        """Give the application one more environment; `subject` is its id."""
        command = AddEnvironment(
            application_id=application_id,
            environment_id=added_environment_id(application_id, key),
            **{field: getattr(asked, field) for field in asked.model_fields_set},
        )
        return await self._decided(command, who=who, key=key)

    async def reorder(
        self, *, who: Configurer, application_id: Application, asked: NewOrder, key: Key
    ) -> Decision:
        """Put the environments in another order: what is promoted to what by default."""
        command = ReorderEnvironments(
            application_id=application_id, environments=asked.environments
        )
        return await self._decided(command, who=who, key=key)

    async def rename_environment(
        self, *, who: Configurer, at: AtEnvironment, asked: NewEnvironmentName, key: Key
    ) -> Decision:
        """Give the environment another name; its stage, and so what runs, stays."""
        command = RenameEnvironment(**dict(at), name=asked.name)
        return await self._decided(command, who=who, key=key)

    async def classify(
        self, *, who: Administrator, at: AtEnvironment, asked: NewClass, key: Key
    ) -> Decision:
        """Make the environment a production environment, which no push ever deploys, or none."""
        command = ClassifyEnvironment(**dict(at), production=asked.production)
        return await self._decided(command, who=who, key=key)

    async def remove(
        self,
        *,
        who: Configurer,
        at: AtEnvironment,
        asked: Confirmation,
        key: Key,
        dry_run: DryRun,
    ) -> Decision:
        """Remove an environment that was torn down, with its secrets; its history stays."""
        command = RemoveEnvironment(**dict(at), confirm=asked.confirm)
        return await self._decided(command, who=who, key=key, dry_run=dry_run)

    async def _decided(
        self, command: Command, *, who: Identity, key: UUID, dry_run: bool = False
    ) -> Decision:
        answer = await decided(self._orchestrator, command, who=who, key=key, dry_run=dry_run)
        return told(answer, dry_run=dry_run)
