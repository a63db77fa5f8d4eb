"""Waiting for a condition in tests without an event loop (with one: `until.py`)."""

import time
from collections.abc import Callable
from typing import TypeVar

Found = TypeVar("Found")


def until(condition: Callable[[], Found], within: float = 10) -> Found:
    """What the condition gives as soon as it is true; an assertion fails when that takes longer."""
    give_up = time.monotonic() + within
    while not (found := condition()):
        assert time.monotonic() < give_up, f"it did not become so within {within:g} s"
        time.sleep(0.02)
    return found
