"""A payload with one leaf dropped, nulled, of another type, or enormous."""

import random
from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any

Path = tuple[str | int, ...]

_ODD: tuple[Any, ...] = (
    0, -1, 1e308, True, [], {}, "", "x", [{}], {"a": None}, "\ud7ff", 2**70,
)  # fmt: skip
_WAYS = ("dropped", "null", "retyped", "enormous")


def mutated(payload: Mapping[str, Any], chance: random.Random) -> tuple[dict[str, Any], str]:
    """Give a changed copy of a payload, and what was changed."""
    changed = deepcopy(dict(payload))
    path, how = chance.choice(list(_leaves(changed))), chance.choice(_WAYS)
    *way, last = path
    holder: Any = changed
    for step in way:
        holder = holder[step]
    if how == "dropped":
        del holder[last]
    else:
        holder[last] = _instead(how, chance)
    return changed, f"{'.'.join(map(str, path))} {how}"


def _instead(how: str, chance: random.Random) -> object:
    match how:
        case "null":
            return None
        case "retyped":
            return chance.choice(_ODD)
        case _:
            many = {str(number): number for number in range(10_000)}
            return chance.choice(("x" * (1 << 20), [0] * 100_000, many))


def _leaves(value: object, path: Path = ()) -> Iterator[Path]:
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from _leaves(inner, (*path, key))
    elif isinstance(value, list) and value:
        for index, inner in enumerate(value):
            yield from _leaves(inner, (*path, index))
    else:
        yield path
