"""How an application comes to be: with the environments that every new one has.

The beginning of the application's stream.
"""

from services.orchestrator.domain.connected import (
    ApplicationState,
    Deleted,
    NotCreated,
    Surroundings,
)
from services.orchestrator.domain.refusals import IllegalName, IllegalRecreation
from trellis_contracts.applications import (
    ApplicationCreated,
    ApplicationEvent,
    CloneTokenStored,
    CreateApplication,
    EnvironmentAdded,
)
from trellis_contracts.names import derived_id
from trellis_contracts.settings import EnvironmentSettings

STAGES = ("development", "staging", "production")
"""The environments of a new application, in the order of promotion."""


def decide(
    command: CreateApplication, state: ApplicationState, context: Surroundings
) -> list[ApplicationEvent]:
    """Give the application with its three environments.

    Raises:
        IllegalRecreation, IllegalName: its id is used already, or its name.
    """
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
