"""Which kills are done: every point of every act, or some of them, dealt out to stories."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from typing_extensions import override

from tests.rigs.kills.gate import Point
from tests.rigs.kills.story import ACTS

SELF, BUS, SUPERVISOR = "itself", "the bus", "the supervisor"
_EVERY_SUPERVISOR = 5
"""The supervisor is killed at each fifth point: it takes all the others along."""


@dataclass(frozen=True)
class Kill:
    """Whom to kill when a point is passed in an act."""

    act: str
    point: Point
    victim: str

    @override
    def __str__(self) -> str:
        return f"{self.act}, {self.point}: {self.victim}"


def every_kill(points: Mapping[str, Sequence[Point]]) -> list[Kill]:
    """Give all kills; takes the points of each act as an undisturbed story passed them."""
    kills = []
    for act, passed in points.items():
        for number, point in enumerate(passed):
            kills += [Kill(act, point, SELF), Kill(act, point, BUS)]
            if number % _EVERY_SUPERVISOR == 0:
                kills.append(Kill(act, point, SUPERVISOR))
    return kills


def some(kills: Sequence[Kill], count: int, seed: int) -> list[Kill]:
    """Take so many of them by chance, in their order."""
    chosen = set(random.Random(seed).sample(kills, min(count, len(kills))))  # noqa: S311 - no secret
    return [kill for kill in kills if kill in chosen]


def dealt(kills: Sequence[Kill]) -> list[dict[str, Kill]]:
    """Deal them out: a story has at most one kill in each of its acts."""
    by_act = [[kill for kill in kills if kill.act == act] for act in ACTS]
    return [{kill.act: kill for kill in hand if kill is not None} for hand in zip_longest(*by_act)]
