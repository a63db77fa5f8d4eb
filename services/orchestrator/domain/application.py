"""An application: how it comes to be, where its branches stand, what its environments are set to.

The stream `application-<id>` holds it; of deployments it only asks whether an environment that is
to end holds any.
"""

from dataclasses import replace
from datetime import datetime
from typing import assert_never

from services.orchestrator.domain import (
    configuration,
    creating,
    identity,
    line,
    listing,
    pull_requests,
    remote,
    trials,
)
from services.orchestrator.domain.configuration import ConfigurationCommand, ConfigurationEvent
from services.orchestrator.domain.connected import (
    Application,
    ApplicationState,
    Deleted,
    Surroundings,
)
from services.orchestrator.domain.following import Following
from services.orchestrator.domain.lifecycle_refusals import IllegalDeletion, IllegalLeaving
from services.orchestrator.domain.line import LineEvent
from services.orchestrator.domain.refusals import (
    IllegalApplication,
)
from services.orchestrator.domain.remote import Heard
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
    ClassifyEnvironment,
    ConcludeDeletion,
    DeleteApplication,
    EnvironmentRemoved,
    IdentityCommand,
    IdentityEvent,
    LifecycleCommand,
    Mover,
    RemoveEnvironment,
    RepositoryMoved,
)
from trellis_contracts.message import Message
from trellis_contracts.names import (
    EnvironmentId,
)
from trellis_contracts.pull_requests import (
    PullRequestCommand,
    PullRequestEvent,
    PullRequestFact,
)
from trellis_contracts.trials import TrialEnded, TrialEvent, TryPullRequest

PullRequestQuestion = PullRequestCommand | PullRequestFact | TryPullRequest | TrialEnded

MOST_CHECKED = 200
"""Commits whose checks are kept."""


ApplicationQuestion = ApplicationCommand | Heard | CheckReported | PullRequestFact | TrialEnded


def evolve(state: ApplicationState, event: Message, *, at: datetime) -> ApplicationState:
    """Give the state after the event; one that makes no sense here changes nothing."""
    if isinstance(event, ApplicationCreated):
        return Application(event)
    if not isinstance(state, Application):
        return state
    match event:
        case _ if isinstance(event, Heard):
            return remote.evolve(state, event, at=at)
        case _ if isinstance(event, PullRequestEvent | TrialEvent):
            return replace(state, pull_requests=_followed(state, event, at))
        case _ if isinstance(event, ConfigurationEvent):
            return _configured(state, event)
        case _:
            return _changed(state, event, at)


def decide(
    command: ApplicationQuestion,
    state: ApplicationState,
    *,
    context: Surroundings,
    now: datetime,
) -> list[ApplicationEvent]:
    """Give what follows from a command, or from a branch that was looked at; [] is nothing.

    Raises:
        Illegal: the rule that forbids it.
    """
    if isinstance(command, CreateApplication):
        return creating.decide(command, state, context)
    if not isinstance(state, Application):
        raise IllegalApplication(command.application_id)
    match command:
        case _ if isinstance(command, LifecycleCommand | AddEnvironment):
            return _change(command, state, context)
        case RecordCloneToken() | WatchPaths() | CheckReported():
            return _tell(command, state)
        case _ if isinstance(command, Heard):
            return [*remote.decide(command, state, context)]
        case _ if isinstance(command, PullRequestQuestion):
            return _pull_request(command, state, now)
        case _:
            return _configure(command, state)


def ends(command: ApplicationQuestion, state: ApplicationState) -> tuple[EnvironmentId, ...]:
    """Name the environments that a command may end, or change in kind, only when they are idle."""
    if isinstance(command, ConcludeDeletion) and isinstance(state, Application):
        return tuple(state.environments)
    if isinstance(command, RemoveEnvironment | ClassifyEnvironment):
        return (command.environment_id,)
    return ()


def _identified(state: Application, event: IdentityEvent, at: datetime) -> Application:
    after = replace(state, created=identity.evolve(state.created, event))
    if isinstance(event, RepositoryMoved) and event.why is Mover.PERSON:
        forgotten = replace(after, heads={}, moved={}, unobservable={}, listed={}, repointed=at)
        return replace(forgotten, pull_requests=Following(state.pull_requests.rule))
    return after


def _delete(
    command: DeleteApplication | ConcludeDeletion, state: Application, context: Surroundings
) -> list[ApplicationEvent]:
    application_id, name = command.application_id, state.created.name
    if isinstance(command, DeleteApplication):
        if command.confirm != name:
            raise IllegalDeletion(name)
        return [ApplicationDeletionRequested(application_id=application_id)]
    if state.is_leaving and all(context.held[one].is_clear for one in state.environments):
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
    if isinstance(command, RemoveEnvironment | ClassifyEnvironment):
        line_now, followed = state.environments, state.pull_requests
        if isinstance(command, RemoveEnvironment) or command.production:
            pull_requests.refuse_template(command.environment_id, followed, line_now)
    return [*line.decide(command, state.environments, held=context.held)]


def _lined_up(state: Application, event: LineEvent) -> Application:
    line_now = line.evolve(state.environments, event)
    after = listing.forgotten(replace(state, environments=line_now))
    if isinstance(event, EnvironmentAdded | EnvironmentRemoved):
        followed = pull_requests.served(state.pull_requests, event)
        return replace(after, pull_requests=followed)
    return after


def _followed(state: Application, event: PullRequestEvent | TrialEvent, at: datetime) -> Following:
    if isinstance(event, TrialEvent):
        return trials.evolve(state.pull_requests, event)
    return pull_requests.evolve(state.pull_requests, event, at=at)


def _pull_request(
    question: PullRequestQuestion, state: Application, now: datetime
) -> list[ApplicationEvent]:
    if state.is_leaving and isinstance(question, PullRequestCommand | TryPullRequest):
        raise IllegalLeaving(state.created.name)
    if isinstance(question, TryPullRequest | TrialEnded):
        return [*trials.decide(question, state, now=now)]
    line, moved = state.environments, state.moved
    return [*pull_requests.decide(question, state.pull_requests, line=line, moved=moved, now=now)]


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
    environments = {**state.environments, event.environment_id: after}
    return listing.forgotten(replace(state, environments=environments))


def _changed(state: Application, event: Message, at: datetime) -> Application | Deleted:
    match event:
        case _ if isinstance(event, LineEvent):
            return _lined_up(state, event)
        case _ if isinstance(event, IdentityEvent):
            return _identified(state, event, at)
        case ApplicationDeletionRequested():
            return replace(state, deletions=state.deletions + 1)
        case CloneTokenStored() | WatchesChanged() | CheckReported():
            return _told(state, event)
        case ApplicationDeleted():
            return Deleted(state.created.name)
        case _:
            return state


def _configure(command: ConfigurationCommand, state: Application) -> list[ApplicationEvent]:
    return [*configuration.decide(command, state.environment(command.environment_id))]
