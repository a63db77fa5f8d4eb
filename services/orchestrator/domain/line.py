"""The line of an application's environments: which there are, in which order of promotion.

A part of the application's stream. A stage never changes, and no two environments share one.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import assert_never

from services.orchestrator.domain import configuration
from services.orchestrator.domain.configuration import Configuration
from services.orchestrator.domain.lifecycle_refusals import (
    IllegalBusy,
    IllegalClass,
    IllegalEnd,
    IllegalLast,
    IllegalOccupied,
    IllegalOrder,
    IllegalStage,
)
from services.orchestrator.domain.refusals import IllegalEnvironment, IllegalName, IllegalRecreation
from services.orchestrator.domain.slot import Environment, Free
from trellis_contracts.applications import AddEnvironment, EnvironmentAdded
from trellis_contracts.lifecycles import (
    ClassifyEnvironment,
    EnvironmentClassified,
    EnvironmentRemoved,
    EnvironmentRenamed,
    EnvironmentsReordered,
    RemoveEnvironment,
    RenameEnvironment,
    ReorderEnvironments,
)
from trellis_contracts.names import EnvironmentId
from trellis_contracts.stages import stage_of

Line = Mapping[EnvironmentId, Configuration]
LineCommand = (
    AddEnvironment
    | RenameEnvironment
    | ReorderEnvironments
    | RemoveEnvironment
    | ClassifyEnvironment
)
LineEvent = (
    EnvironmentAdded
    | EnvironmentRenamed
    | EnvironmentsReordered
    | EnvironmentRemoved
    | EnvironmentClassified
)


def lasting(line: Line) -> Line:
    """Give the line without the environments of pull requests, which come last and go."""
    return {one: known for one, known in line.items() if known.pull_request is None}


def evolve(line: Line, event: LineEvent) -> Line:
    """Give the line after the event; one that speaks of no environment here changes nothing."""
    match event:
        case EnvironmentAdded():
            return {**line, event.environment_id: configuration.added(event)}
        case EnvironmentRenamed() if event.environment_id in line:
            renamed = replace(line[event.environment_id], name=event.name)
            return {**line, event.environment_id: renamed}
        case EnvironmentClassified() if event.environment_id in line:
            known = line[event.environment_id]
            return {**line, event.environment_id: replace(known, production=event.production)}
        case EnvironmentsReordered():
            order = [one for one in event.environments if one in line]
            return {one: line[one] for one in (*order, *line)}
        case EnvironmentRemoved():
            return {one: known for one, known in line.items() if one != event.environment_id}
        case _:
            return line


def decide(
    command: LineCommand, line: Line, *, held: Mapping[EnvironmentId, Environment]
) -> list[LineEvent]:
    """Give what the command changes; nothing when it is so already. `held` is what they hold.

    Raises:
        Illegal: the rule that forbids it.
    """
    match command:
        case AddEnvironment():
            return _add(command, line)
        case RenameEnvironment():
            return _rename(command, line)
        case ReorderEnvironments():
            return _reorder(command, line)
        case RemoveEnvironment():
            return _remove(command, line, held)
        case ClassifyEnvironment():
            return _classify(command, line, held)
        case _:
            assert_never(command)


def _add(command: AddEnvironment, line: Line) -> list[LineEvent]:
    if command.environment_id in line:
        raise IllegalRecreation(command.name, "environment")
    if command.after is not None:
        _found(command.after, line)
    stage = command.stage or stage_of(command.name)
    _refuse_taken_name(command.name, line)
    for other in line.values():
        if other.stage == stage:
            raise IllegalStage(stage, other.name)
    configuration.refuse_unusable(
        command.settings, name=command.name, production=command.production
    )
    fields = command.model_dump(exclude={"after", "stage", "settings"})
    added = EnvironmentAdded(**fields, stage=stage, settings=command.settings)
    order = [*line]
    place = _place(command, order, len(lasting(line)))
    order.insert(place, command.environment_id)
    if order[-1] == command.environment_id:
        return [added]
    reordered = EnvironmentsReordered(
        application_id=command.application_id, environments=tuple(order)
    )
    return [added, reordered]


def _place(command: AddEnvironment, order: list[EnvironmentId], last: int) -> int:
    return last if command.after is None else min(last, order.index(command.after) + 1)


def _rename(command: RenameEnvironment, line: Line) -> list[LineEvent]:
    if _found(command.environment_id, line).name == command.name:
        return []
    _refuse_taken_name(command.name, line)
    return [EnvironmentRenamed(**command.model_dump())]


def _reorder(command: ReorderEnvironments, line: Line) -> list[LineEvent]:
    there = lasting(line)
    if sorted(command.environments) != sorted(there):
        raise IllegalOrder([one.name for one in there.values()])
    if command.environments == (*there,):
        return []
    return [EnvironmentsReordered(**command.model_dump())]


def _remove(
    command: RemoveEnvironment, line: Line, held: Mapping[EnvironmentId, Environment]
) -> list[LineEvent]:
    name = _found(command.environment_id, line).name
    if command.confirm != name:
        raise IllegalEnd(name)
    if [*lasting(line)] == [command.environment_id]:
        raise IllegalLast(name)
    holds = held[command.environment_id]
    _refuse_busy(holds, name)
    if holds.touched:
        raise IllegalOccupied(name)
    return [EnvironmentRemoved(**command.model_dump(exclude={"confirm"}))]


def _classify(
    command: ClassifyEnvironment, line: Line, held: Mapping[EnvironmentId, Environment]
) -> list[LineEvent]:
    """What was asked for of another class of environment may not end up in this one."""
    found = _found(command.environment_id, line)
    if found.production is command.production:
        return []
    if command.production and (found.settings.automatic or found.pull_request is not None):
        raise IllegalClass(found.name)
    _refuse_busy(held[command.environment_id], found.name)
    return [EnvironmentClassified(**command.model_dump())]


def _refuse_busy(holds: Environment, name: str) -> None:
    if holds.waiting or not isinstance(holds.slot, Free):
        raise IllegalBusy(name)


def _found(environment_id: EnvironmentId, line: Line) -> Configuration:
    if environment_id not in line:
        raise IllegalEnvironment(environment_id)
    return line[environment_id]


def _refuse_taken_name(name: str, line: Line) -> None:
    if name in {other.name for other in line.values()}:
        raise IllegalName(name, "environment")
