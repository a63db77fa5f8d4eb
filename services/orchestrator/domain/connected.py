"""What a connected repository amounts to: its environments, its branches, what CI says of commits.

The states that `application.evolve` folds and `application.decide` reads.
"""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime

from services.orchestrator.domain.configuration import Configuration
from services.orchestrator.domain.refusals import IllegalEnvironment
from services.orchestrator.domain.slot import Environment
from trellis_contracts.applications import ApplicationCreated
from trellis_contracts.names import ApplicationName, BranchName, CommitSha, EnvironmentId
from trellis_contracts.releases import Target
from trellis_contracts.rules import CheckConclusion, CheckName, PathPattern, is_glob, matches


@dataclass(frozen=True)
class NotCreated:
    """Nobody has connected a repository under this id."""


@dataclass(frozen=True)
class Application:
    """A connected repository; `heads` says where its branches stood when last heard of.

    `moved` is when that was. `created` is how it would be created today: its name, repository and
    folder are those of now. `deletions` counts how often somebody wanted it gone.
    """

    created: ApplicationCreated
    environments: Mapping[EnvironmentId, Configuration] = field(default_factory=dict)
    heads: Mapping[BranchName, CommitSha] = field(default_factory=dict)
    moved: Mapping[BranchName, datetime] = field(default_factory=dict)
    unobservable: Mapping[BranchName, str] = field(default_factory=dict)
    clone_token_version: int | None = None
    watches: tuple[PathPattern, ...] = ()
    checks: Mapping[CommitSha, Mapping[CheckName, CheckConclusion]] = field(default_factory=dict)
    deletions: int = 0

    @property
    def is_leaving(self) -> bool:
        """Say whether it is being deleted: then it takes teardowns only."""
        return self.deletions > 0

    def environment(self, environment_id: EnvironmentId) -> Configuration:
        """Give an environment's configuration.

        Raises:
            IllegalEnvironment: the application has none of that id.
        """
        found = self.environments.get(environment_id)
        if found is None:
            raise IllegalEnvironment(environment_id)
        return found

    def target(self, environment_id: EnvironmentId) -> Target:
        """Copy everything that a deployment to the environment uses, as it is now."""
        environment = self.environment(environment_id)
        return Target(
            application=self.created.name,
            environment=environment.name,
            stage=environment.stage,
            production=environment.production,
            repository=self.created.repository,
            folder=self.created.folder,
            settings=environment.settings,
            variables=dict(environment.variables),
            secrets=dict(environment.secrets),
            credentials_version=environment.credentials_version,
            clone_token_version=self.clone_token_version,
        )

    def moved_since(self, branch: BranchName, asked_at: datetime | None) -> bool:
        """Say whether the branch moved after the remote was asked: its answer may be older."""
        moved = self.moved.get(branch)
        return moved is not None and (asked_at is None or moved > asked_at)

    def bound_to(self, branch: BranchName) -> tuple[EnvironmentId, ...]:
        """List the environments that a push to the branch deploys."""
        if self.is_leaving:
            return ()
        return tuple(
            environment.environment_id
            for environment in self.environments.values()
            if environment.settings.automatic
            and environment.settings.branch
            and matches(environment.settings.branch, branch)
        )

    def followed(self) -> tuple[BranchName, ...]:
        """List the branches that some environment deploys by itself."""
        if self.is_leaving:
            return ()
        settings = (environment.settings for environment in self.environments.values())
        bound = {s.branch for s in settings if s.automatic and s.branch}
        return tuple(sorted(branch for branch in bound if not is_glob(branch)))


@dataclass(frozen=True)
class Deleted:
    """The application is gone; its id is not used again."""

    name: ApplicationName


ApplicationState = NotCreated | Application | Deleted


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """What a decision must know besides the application.

    `names` are those of all applications. `held` is what the environments hold that the command
    would end. `asked_at` is when the remote was asked for what it answers now; None when that is
    not known.
    """

    names: AbstractSet[ApplicationName] = frozenset()
    held: Mapping[EnvironmentId, Environment] = field(default_factory=dict)
    asked_at: datetime | None = None
