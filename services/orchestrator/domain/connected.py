"""What a connected repository amounts to: its environments, its branches, what CI says of commits.

The states that `application.evolve` folds and `application.decide` reads.
"""

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime

from services.orchestrator.domain.configuration import Configuration
from services.orchestrator.domain.following import Following
from services.orchestrator.domain.refusals import IllegalEnvironment
from services.orchestrator.domain.slot import Environment
from trellis_contracts.applications import ApplicationCreated
from trellis_contracts.names import ApplicationName, BranchName, CommitSha, EnvironmentId
from trellis_contracts.releases import Target
from trellis_contracts.rules import (
    BranchPattern,
    CheckConclusion,
    CheckName,
    PathPattern,
    matches,
)


@dataclass(frozen=True)
class NotCreated:
    """Nobody has connected a repository under this id."""


@dataclass(frozen=True)
class Application:
    """A connected repository; `heads` says where its branches stood when last heard of.

    `moved` is when that was. `listed` has each glob whose branches the remote has told, and whether
    it told all of them. `created` is how it would be created today: its name, repository and
    folder are those of now; `repointed` is when a person named another repository. `deletions`
    counts how often somebody wanted it gone.
    """

    created: ApplicationCreated
    environments: Mapping[EnvironmentId, Configuration] = field(default_factory=dict)
    heads: Mapping[BranchName, CommitSha] = field(default_factory=dict)
    moved: Mapping[BranchName, datetime] = field(default_factory=dict)
    unobservable: Mapping[BranchName | BranchPattern, str] = field(default_factory=dict)
    listed: Mapping[BranchPattern, bool] = field(default_factory=dict)
    clone_token_version: int | None = None
    watches: tuple[PathPattern, ...] = ()
    checks: Mapping[CommitSha, Mapping[CheckName, CheckConclusion]] = field(default_factory=dict)
    deletions: int = 0
    repointed: datetime | None = None
    pull_requests: Following = field(default_factory=Following)

    @property
    def is_leaving(self) -> bool:
        """Say whether it is being deleted: then it takes teardowns only."""
        return self.deletions > 0

    @property
    def has_pull_requests(self) -> bool:
        """Say whether pull requests get environments, have some still, or are being tried."""
        there = any(one.pull_request is not None for one in self.environments.values())
        opened = self.pull_requests.open.values()
        tried = any(one.trial and one.trial.is_under_way for one in opened)
        return there or tried or self.pull_requests.rule is not None

    def is_over(self, environment_id: EnvironmentId) -> bool:
        """Say whether the environment is that of a pull request which needs none any more."""
        number = self.environment(environment_id).pull_request
        if number is None:
            return False
        request = self.pull_requests.open.get(number)
        if self.pull_requests.rule is None or request is None or request.foreign:
            return True
        return request.environment_id != environment_id

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
        values = self.environment(environment.template) if environment.template else environment
        return Target(
            application=self.created.name,
            environment=environment.name,
            stage=environment.stage,
            production=environment.production,
            repository=self.created.repository,
            folder=self.created.folder,
            settings=environment.settings,
            variables=dict(values.variables),
            secrets=dict(values.secrets),
            credentials_version=values.credentials_version,
            clone_token_version=self.clone_token_version,
            values_of=environment.template,
        )

    def moved_since(self, branch: BranchName, asked_at: datetime | None) -> bool:
        """Say whether the branch moved after the remote was asked: its answer may be older.

        Asked before the application was re-pointed, another repository has answered.
        """
        moved = self.moved.get(branch, self.repointed)
        return moved is not None and (asked_at is None or moved > asked_at)

    def bound_to(self, branch: BranchName) -> tuple[EnvironmentId, ...]:
        """List the environments that a push to the branch deploys."""
        return tuple(
            environment.environment_id
            for environment in self._automatic()
            if matches(environment.settings.branch or "", branch)
        )

    def opened_for(self, branch: BranchName) -> tuple[EnvironmentId, ...]:
        """List the environments of pull requests of the branch."""
        bound = (self.environments[one] for one in self.bound_to(branch))
        return tuple(one.environment_id for one in bound if one.pull_request is not None)

    def followed(self) -> tuple[BranchName | BranchPattern, ...]:
        """List the branches that some environment deploys by itself, and the globs of them."""
        return tuple(sorted({one.settings.branch or "" for one in self._automatic()}))

    def _automatic(self) -> Iterator[Configuration]:
        if self.is_leaving:
            return
        for environment_id, environment in self.environments.items():
            settings = environment.settings
            if settings.automatic and settings.branch and not self.is_over(environment_id):
                yield environment


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
