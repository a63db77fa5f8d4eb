"""States as JSON and back, losing nothing: every class keeps its name, every mapping its keys."""

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import Enum
from functools import cache
from inspect import getmembers, isclass
from types import ModuleType
from typing import Any, cast
from uuid import UUID

from pydantic import BaseModel

from services.orchestrator.domain import answers, configuration, connected, following, slot
from trellis_contracts import (
    applications,
    asking,
    deployments,
    pull_requests,
    releases,
    rules,
    settings,
    trials,
)

_KIND, _HELD = "is", "of"

_DOMAIN: tuple[ModuleType, ...] = (answers, configuration, connected, following, slot)
_CONTRACTS: tuple[ModuleType, ...] = (
    applications,
    asking,
    deployments,
    pull_requests,
    releases,
    rules,
    settings,
    trials,
)


def pack(value: object) -> object:
    """Give what JSON can hold.

    Raises:
        TypeError: the value is of a kind that no state holds.
    """
    match value:
        case Enum() | UUID() | datetime() | BaseModel():
            return {_KIND: type(value).__name__, _HELD: _leaf(value)}
        case None | bool() | int() | float() | str():
            return value
        case tuple():
            return [pack(held) for held in value]
        case Mapping():
            return {_KIND: "map", _HELD: [[pack(key), pack(held)] for key, held in value.items()]}
        case _ if is_dataclass(value):
            held = {field.name: pack(getattr(value, field.name)) for field in fields(value)}
            return {_KIND: type(value).__name__, _HELD: held}
        case _:
            raise TypeError(f"a state holds no {type(value).__name__}")


def _leaf(value: Enum | UUID | datetime | BaseModel) -> object:
    match value:
        case Enum():
            return value.value
        case UUID():
            return value.hex
        case datetime():
            return value.isoformat()
        case BaseModel():
            return value.model_dump(mode="json")


def unpack(packed: object) -> object:
    """Give what was packed.

    Raises:
        ValueError, TypeError, LookupError: it was packed by another version, or is damaged.
    """
    if isinstance(packed, list):
        return tuple(unpack(held) for held in packed)
    if not isinstance(packed, dict):
        return packed
    return _makers()[packed[_KIND]](packed[_HELD])


@cache
def _makers() -> Mapping[str, Callable[[Any], object]]:
    made: dict[str, Callable[[Any], object]] = {
        "UUID": UUID,
        "datetime": datetime.fromisoformat,
        "map": lambda held: {unpack(key): unpack(value) for key, value in held},
    }
    for module in (*_CONTRACTS, *_DOMAIN):
        for name, found in getmembers(module, isclass):
            if issubclass(found, BaseModel):
                made[name] = found.model_validate
            elif issubclass(found, Enum):
                made[name] = found
            elif is_dataclass(found):
                made[name] = _maker(found)
    return made


def _maker(made: type) -> Callable[[Any], object]:
    def make(held: dict[str, object]) -> object:
        return cast("object", made(**{name: unpack(value) for name, value in held.items()}))

    return make
