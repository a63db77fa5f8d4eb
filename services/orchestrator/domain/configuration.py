"""One environment as people set it: branch, variables, versions of secrets and credentials.

A part of the application's stream; the newest configuration is copied into each deployment.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TypeVar, assert_never

from services.orchestrator.domain.gate_refusals import IllegalApprovals, IllegalWindow
from services.orchestrator.domain.lifecycle_refusals import IllegalInherited
from services.orchestrator.domain.refusals import (
    IllegalAutomatic,
    IllegalBranchName,
    IllegalRemoval,
    IllegalSecret,
    IllegalSize,
    IllegalUnbound,
    IllegalVariable,
    IllegalVersion,
)
from services.orchestrator.domain.windows import fault_of
from trellis_contracts.applications import (
    ConfigureEnvironment,
    CredentialsStored,
    EnvironmentAdded,
    EnvironmentConfigured,
    RecordCredentials,
    RecordSecret,
    RemoveSecret,
    RemoveVariable,
    SecretRemoved,
    SecretStored,
    SetVariable,
    VariableRemoved,
    VariableSet,
    VariableValue,
)
from trellis_contracts.names import EnvironmentId, EnvironmentName, Stage, VariableName
from trellis_contracts.rules import Approvals, may_match
from trellis_contracts.settings import EnvironmentSettings

MOST_VARIABLE_BYTES = 64 * 1024
"""Names and values of one environment together: they travel in every deployment's messages."""

Value = TypeVar("Value")

ConfigurationCommand = (
    ConfigureEnvironment
    | SetVariable
    | RemoveVariable
    | RecordSecret
    | RemoveSecret
    | RecordCredentials
)
ConfigurationEvent = (
    EnvironmentConfigured
    | VariableSet
    | VariableRemoved
    | SecretStored
    | SecretRemoved
    | CredentialsStored
)


@dataclass(frozen=True)
class Configuration:
    """What is set for an environment now; a pull request's uses the values of its `template`."""

    environment_id: EnvironmentId
    name: EnvironmentName
    stage: Stage
    production: bool
    settings: EnvironmentSettings
    variables: Mapping[VariableName, VariableValue] = field(default_factory=dict)
    secrets: Mapping[VariableName, int] = field(default_factory=dict)
    credentials_version: int | None = None
    pull_request: int | None = None
    template: EnvironmentId | None = None


def added(event: EnvironmentAdded) -> Configuration:
    """Give the configuration that a new environment begins with."""
    return Configuration(
        environment_id=event.environment_id,
        name=event.name,
        stage=event.stage,
        production=event.production,
        settings=event.settings,
        pull_request=event.pull_request,
        template=event.template,
    )


def evolve(state: Configuration, event: ConfigurationEvent) -> Configuration:
    """Give the configuration after the event."""
    match event:
        case EnvironmentConfigured():
            return replace(state, settings=event.settings)
        case VariableSet():
            return replace(state, variables={**state.variables, event.name: event.value})
        case VariableRemoved():
            return replace(state, variables=_without(state.variables, event.name))
        case SecretStored():
            return replace(state, secrets={**state.secrets, event.name: event.version})
        case SecretRemoved():
            return replace(state, secrets=_without(state.secrets, event.name))
        case CredentialsStored():
            return replace(state, credentials_version=event.version)
        case _:
            assert_never(event)


def decide(command: ConfigurationCommand, state: Configuration) -> list[ConfigurationEvent]:
    """Give what the command changes; nothing when everything is set so already.

    Raises:
        Illegal: the rule that forbids it.
    """
    if isinstance(command, ConfigureEnvironment):
        return _configure(command, state)
    if state.template is not None:
        raise IllegalInherited(state.name)
    match command:
        case SetVariable():
            return _set_variable(command, state)
        case RemoveVariable():
            _refuse_absent(command.name, state.name, state.variables)
            return [VariableRemoved(**command.model_dump())]
        case RecordSecret():
            return _record_secret(command, state)
        case RemoveSecret():
            _refuse_absent(command.name, state.name, state.secrets)
            return [SecretRemoved(**command.model_dump())]
        case RecordCredentials():
            newer = is_newer("the credentials", command.version, state.credentials_version)
            return [CredentialsStored(**command.model_dump())] if newer else []
        case _:
            assert_never(command)


def is_newer(what: str, version: int, known: int | None) -> bool:
    """Say whether a stored version is news; False when it is the one in use.

    Raises:
        IllegalVersion: a newer one is in use.
    """
    if known is not None and version < known:
        raise IllegalVersion(what, version, known)
    return version != known


def refuse_unusable(
    settings: EnvironmentSettings, *, name: EnvironmentName, production: bool
) -> None:
    """Let no push deploy to production, nor anything from a branch that nobody named.

    Nor any rule that could never be read, or never be met.

    Raises:
        IllegalAutomatic, IllegalUnbound, IllegalBranchName, IllegalWindow, IllegalApprovals: the
            settings say so.
    """
    if settings.automatic and production:
        raise IllegalAutomatic(name)
    if settings.automatic and settings.branch is None:
        raise IllegalUnbound(name)
    if settings.branch is not None and not may_match(settings.branch):
        raise IllegalBranchName(settings.branch)
    for fault in filter(None, map(fault_of, settings.windows)):
        raise IllegalWindow(fault)
    _refuse_out_of_reach(settings.approvals)


def _refuse_out_of_reach(approvals: Approvals | None) -> None:
    people = set(approvals.people) if approvals else set()
    if approvals and people and approvals.needed > len(people):
        raise IllegalApprovals(approvals.needed, sorted(people))


def _configure(command: ConfigureEnvironment, state: Configuration) -> list[ConfigurationEvent]:
    changed = {name: getattr(command.change, name) for name in command.change.model_fields_set}
    settings = state.settings.model_copy(update=changed)
    refuse_unusable(settings, name=state.name, production=state.production)
    if settings == state.settings:
        return []
    return [
        EnvironmentConfigured(
            application_id=command.application_id,
            environment_id=command.environment_id,
            settings=settings,
        )
    ]


def _set_variable(command: SetVariable, state: Configuration) -> list[ConfigurationEvent]:
    if command.name in state.secrets:
        raise IllegalVariable(command.name, state.name)
    if state.variables.get(command.name) == command.value:
        return []
    variables = {**state.variables, command.name: command.value}
    size = sum(len(name.encode()) + len(value.encode()) for name, value in variables.items())
    if size > MOST_VARIABLE_BYTES:
        raise IllegalSize(state.name, size, MOST_VARIABLE_BYTES)
    return [VariableSet(**command.model_dump())]


def _record_secret(command: RecordSecret, state: Configuration) -> list[ConfigurationEvent]:
    if command.name in state.variables:
        raise IllegalSecret(command.name, state.name)
    if not is_newer(f"secret {command.name}", command.version, state.secrets.get(command.name)):
        return []
    return [SecretStored(**command.model_dump())]


def _refuse_absent(name: str, environment: str, present: Mapping[str, object]) -> None:
    if name not in present:
        raise IllegalRemoval(name, environment, tuple(present))


def _without(values: Mapping[str, Value], name: str) -> dict[str, Value]:
    return {key: value for key, value in values.items() if key != name}
