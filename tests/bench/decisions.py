"""What a decision costs: with an environment's age, and with many applications on one orchestrator.

A decision is a push that is decided on, from the recorded events that the process remembers to
the events that would be appended. Run as `python -m tests.bench decisions`.
"""

import statistics
import time
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

from services.orchestrator.adapters.routing import Index
from services.orchestrator.domain import environment
from services.orchestrator.domain.context import Context
from services.orchestrator.domain.slot import Environment
from tests.bench.terms import SHORT
from tests.support.ages import long_life
from tests.support.deployments import ANA, CREATE_SHOP, DEVELOPMENT, shop
from tests.support.spec import BEGAN, NOW
from trellis_contracts.applications import ApplicationCreated
from trellis_contracts.deployments import RequestDeploy, Trigger
from trellis_contracts.names import derived_id

LENGTHS = (10, 1_000, 10_000) if SHORT else (10, 1_000, 100_000)
APPLICATIONS = 1_000 if SHORT else 10_000
_DECISIONS, _ROUNDS = 200, 5


def measure() -> dict[str, dict[str, float]]:
    """Return `decisions_<events>` and `routing_<applications>`.

    `ratio` is the time of one to that with ten events, or with ten applications; `per_second`.
    """
    ages = {length: _decides(_aged(length)) for length in LENGTHS}
    routes = {count: _routes(count) for count in (10, APPLICATIONS)}
    return {
        **_ratios("decisions", ages),
        **_ratios("routing", routes),
    }


def _ratios(name: str, seconds: dict[int, float]) -> dict[str, dict[str, float]]:
    first = next(iter(seconds.values()))
    return {
        f"{name}_{count}": {"ratio": each / first, "per_second": 1 / each}
        for count, each in seconds.items()
    }


def _aged(length: int) -> Environment:
    state = Environment()
    for event in long_life(length):
        state = environment.evolve(state, event, at=BEGAN)
    return state


def _decides(state: Environment) -> float:
    application = shop()

    def decide(number: int) -> None:
        context = Context(
            asked=derived_id("bench", number),
            actor=ANA,
            application=application,
            environment_id=DEVELOPMENT,
        )
        command = RequestDeploy(
            environment_id=DEVELOPMENT,
            commit=f"{number + 1:040x}",
            branch="main",
            trigger=Trigger.PUSH,
        )
        events = environment.decide(
            command, state, context=context, now=NOW + timedelta(seconds=number)
        )
        if not events:
            raise RuntimeError("a push that nobody decided on measures nothing")

    return _each(decide)


def _routes(count: int) -> float:
    """Find the application of a delivery among so many."""
    index = Index()
    for number in range(count):
        index.fold(_application(number), at=BEGAN)

    def route(number: int) -> None:
        name = f"acme/shop-{number % count}"
        if len(index.connected(_hook(number % count), name)) != 1:
            raise RuntimeError("a delivery that nobody is found for measures nothing")

    return _each(route)


def _application(number: int) -> ApplicationCreated:
    fields = CREATE_SHOP.model_dump(exclude={"clone_token_version"})
    own: dict[str, object] = {
        "application_id": _id(number),
        "name": f"shop-{number}",
        "repository_name": f"acme/shop-{number}",
        "hook": _hook(number),
    }
    return ApplicationCreated.model_validate({**fields, **own})


def _id(number: int) -> UUID:
    return derived_id("application", number)


def _hook(number: int) -> str:
    return f"hook-of-the-shop-{number}"


def _each(do: Callable[[int], None]) -> float:
    """Give the median of some rounds, in seconds for one."""
    taken: list[float] = []
    for round_ in range(_ROUNDS):
        began = time.perf_counter()
        for number in range(_DECISIONS):
            do(round_ * _DECISIONS + number)
        taken.append((time.perf_counter() - began) / _DECISIONS)
    return statistics.median(taken)
