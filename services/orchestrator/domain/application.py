"""An application: how it comes to be, where its branches stand, what its environments are set to.

The stream `application-<id>` holds it; nothing here knows of a deployment.
"""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import assert_never

from services.orchestrator.domain import configuration, identity, line
from services.orchestrator.domain.configuration import (
    Configuration,
    ConfigurationCommand,
    ConfigurationEvent,
)
from services.orchestrator.domain.lifecycle_refusals import IllegalDeletion, IllegalLeaving
from services.orchestrator.domain.line import LineEvent
from services.orchestrator.domain.refusals import (
    IllegalApplication,
    IllegalEnvironment,
    IllegalName,
    IllegalRecreation,
)
from services.orchestrator.domain.slot import Environment, Free
from trellis_contracts.applications import (
    AddEnvironment,
    ApplicationCommand,
    ApplicationCreated,
    ApplicationEvent,
    CheckReported,
    CloneTokenStored,
    CreateApplication,
    EnvironmentAdded,
    RecordCloneToken,
    WatchesChanged,
    WatchPaths,
)
from trellis_contracts.lifecycles import (
    ApplicationDeleted,
    ApplicationDeletionRequested,
    ConcludeDeletion,
    DeleteApplication,
    IdentityCommand,
    IdentityEvent,
    LifecycleCommand,
    Mover,
    RemoveEnvironment,
    RepositoryMoved,
)
from trellis_contracts.message import Message
from trellis_contracts.names import (
    ApplicationName,
    BranchName,
    CommitSha,
    EnvironmentId,
    derived_id,
)
from trellis_contracts.pushes import BranchHeadObserved, BranchUnobservable, HeadSource
from trellis_contracts.releases import Target
from trellis_contracts.rules import CheckConclusion, CheckName, PathPattern, is_glob, matches
from trellis_contracts.settings import EnvironmentSettings

STAGES = ("development", "staging", "production")
"""The environments of a new application, in the order of promotion."""

MOST_CHECKED = 200
"""Commits whose checks are kept."""


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
ApplicationQuestion = ApplicationCommand | BranchHeadObserved | BranchUnobservable | CheckReported


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


def evolve(state: ApplicationState, event: Message, *, at: datetime) -> ApplicationState:
    """Give the state after the event; one that makes no sense here changes nothing."""
    if isinstance(event, ApplicationCreated):
        return Application(event)
    if not isinstance(state, Application):
        return state
    match event:
        case BranchHeadObserved() | BranchUnobservable():
            return _observed(state, event, at)
        case CloneTokenStored() | WatchesChanged() | CheckReported():
            return _told(state, event)
        case _ if isinstance(event, ConfigurationEvent):
            return _configured(state, event)
        case _:
            return _changed(state, event)


def decide(
    command: ApplicationQuestion,
    state: ApplicationState,
    *,
    context: Surroundings,
    now: datetime,  # noqa: ARG001 - every noun decides by one signature
) -> list[ApplicationEvent]:
    """Give what follows from a command, or from a branch that was looked at; [] is nothing.

    Raises:
        Illegal: the rule that forbids it.
    """
    if isinstance(command, CreateApplication):
        return _create(command, state, context)
    if not isinstance(state, Application):
        raise IllegalApplication(command.application_id)
    match command:
        case _ if isinstance(command, LifecycleCommand | AddEnvironment):
            return _change(command, state, context)
        case RecordCloneToken() | WatchPaths() | CheckReported():
            return _tell(command, state)
        case BranchHeadObserved():
            return [] if _is_no_news(command, state, context) else [command]
        case BranchUnobservable():
            told = state.unobservable.get(command.branch) == command.detail
            return [] if told else [command]
        case _:
            return _configure(command, state)


def ends(command: ApplicationQuestion, state: ApplicationState) -> tuple[EnvironmentId, ...]:
    """Name the environments that a command may end only when they hold nothing."""
    if isinstance(command, ConcludeDeletion) and isinstance(state, Application):
        return tuple(state.environments)
    return (command.environment_id,) if isinstance(command, RemoveEnvironment) else ()


def is_clear(held: Environment) -> bool:
    """Say whether an environment holds nothing: no deployment, and nothing in the cloud."""
    return not held.touched and not held.waiting and isinstance(held.slot, Free)


def _identified(state: Application, event: IdentityEvent) -> Application:
    after = replace(state, created=identity.evolve(state.created, event))
    if isinstance(event, RepositoryMoved) and event.why is Mover.PERSON:
        return replace(after, heads={}, moved={}, unobservable={})
    return after


def _delete(
    command: DeleteApplication | ConcludeDeletion, state: Application, context: Surroundings
) -> list[ApplicationEvent]:
    application_id, name = command.application_id, state.created.name
    if isinstance(command, DeleteApplication):
        if command.confirm != name:
            raise IllegalDeletion(name)
        return [ApplicationDeletionRequested(application_id=application_id)]
    if state.is_leaving and all(is_clear(context.held[one]) for one in state.environments):
        return [ApplicationDeleted(application_id=application_id, name=name)]
    return []


def _change(
    command: LifecycleCommand | AddEnvironment, state: Application, context: Surroundings
) -> list[ApplicationEvent]:
    if isinstance(command, DeleteApplication | ConcludeDeletion):
        return _delete(command, state, context)
    if state.is_leaving:
        raise IllegalLeaving(state.created.name)
    if isinstance(command, IdentityCommand):
        environments = state.environments.values()
        return [
            *identity.decide(command, state.created, environments=environments, names=context.names)
        ]
    return [*line.decide(command, state.environments, held=context.held)]


def _observed(
    state: Application, event: BranchHeadObserved | BranchUnobservable, at: datetime
) -> Application:
    mute = {branch: why for branch, why in state.unobservable.items() if branch != event.branch}
    if isinstance(event, BranchUnobservable):
        return replace(state, unobservable={**mute, event.branch: event.detail})
    heads, moved = {**state.heads, event.branch: event.commit}, {**state.moved, event.branch: at}
    return replace(state, heads=heads, moved=moved, unobservable=mute)


def _told(
    state: Application, event: CloneTokenStored | WatchesChanged | CheckReported
) -> Application:
    match event:
        case CloneTokenStored():
            return replace(state, clone_token_version=event.version)
        case WatchesChanged():
            return replace(state, watches=event.paths)
        case CheckReported():
            return _checked(state, event)
        case _:
            assert_never(event)


def _tell(
    command: RecordCloneToken | WatchPaths | CheckReported, state: Application
) -> list[ApplicationEvent]:
    match command:
        case RecordCloneToken():
            newer = configuration.is_newer(
                "the clone token", command.version, state.clone_token_version
            )
            return [CloneTokenStored(**command.model_dump())] if newer else []
        case WatchPaths():
            same = command.paths == state.watches
            return [] if same else [WatchesChanged(**command.model_dump())]
        case CheckReported():
            known = state.checks.get(command.commit, {}).get(command.check)
            return [] if known is command.conclusion else [command]
        case _:
            assert_never(command)


def _checked(state: Application, event: CheckReported) -> Application:
    """Checks of the newest commits are kept; those of older ones nobody waits for."""
    of_commit = {**state.checks.get(event.commit, {}), event.check: event.conclusion}
    others = {sha: said for sha, said in state.checks.items() if sha != event.commit}
    newest = list(others.items())[-(MOST_CHECKED - 1) :]
    return replace(state, checks={**dict(newest), event.commit: of_commit})


def _configured(state: Application, event: ConfigurationEvent) -> Application:
    if event.environment_id not in state.environments:
        return state
    after = configuration.evolve(state.environments[event.environment_id], event)
    return replace(state, environments={**state.environments, event.environment_id: after})


def _changed(state: Application, event: Message) -> Application | Deleted:
    match event:
        case _ if isinstance(event, LineEvent):
            return replace(state, environments=line.evolve(state.environments, event))
        case _ if isinstance(event, IdentityEvent):
            return _identified(state, event)
        case ApplicationDeletionRequested():
            return replace(state, deletions=state.deletions + 1)
        case ApplicationDeleted():
            return Deleted(state.created.name)
        case _:
            return state


def _configure(command: ConfigurationCommand, state: Application) -> list[ApplicationEvent]:
    return [*configuration.decide(command, state.environment(command.environment_id))]


def _is_no_news(head: BranchHeadObserved, state: Application, context: Surroundings) -> bool:
    """What is known, and what the remote said before the branch moved on, is no news."""
    if state.heads.get(head.branch) == head.commit:
        return head.branch not in state.unobservable
    return head.source is HeadSource.REMOTE and state.moved_since(head.branch, context.asked_at)


def _create(
    command: CreateApplication, state: ApplicationState, context: Surroundings
) -> list[ApplicationEvent]:
    if not isinstance(state, NotCreated):
        name = state.name if isinstance(state, Deleted) else state.created.name
        raise IllegalRecreation(name)
    if command.name in context.names:
        raise IllegalName(command.name)
    created = ApplicationCreated(**command.model_dump(exclude={"clone_token_version"}))
    token = command.clone_token_version
    stored = (
        [CloneTokenStored(application_id=command.application_id, version=token)] if token else []
    )
    return [created, *(_environment(command, stage) for stage in STAGES), *stored]


def _environment(command: CreateApplication, stage: str) -> EnvironmentAdded:
    first = stage == STAGES[0]
    branch = command.default_branch if first else None
    return EnvironmentAdded(
        application_id=command.application_id,
        environment_id=derived_id(command.application_id, stage),
        name=stage,
        stage=stage,
        production=stage == STAGES[-1],
        settings=EnvironmentSettings(branch=branch, automatic=first),
    )
