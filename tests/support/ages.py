"""Long lives: an environment's history of as many events as are wanted."""

from collections.abc import Iterator
from itertools import count, islice

from tests.support.deployments import A, B, failed, requested, started, succeeded, torn_down
from trellis_contracts.message import Message


def long_life(length: int) -> Iterator[Message]:
    """Deployments of a push each: most succeed, some fail, now and then all is torn down."""
    return islice(_deployments(), length)


def _deployments() -> Iterator[Message]:
    for number in count(1):
        commit = A if number % 2 else B
        yield requested(number, commit)
        yield started(number)
        if number % 10 == 0:
            yield failed(number)
        elif number % 101 == 0:
            yield torn_down(number)
        else:
            yield succeeded(number, commit)
