"""Every step of a stack operation takes some time, on a worker thread.

MiniStack provisions in microseconds, on its event loop: nothing could be seen in progress, stopped
or cancelled. The launcher's `--step-seconds` gives each create, change and delete its duration.
"""

import asyncio
import time
from collections.abc import Callable
from typing import Any

from ministack.services.cloudformation import stacks


def apply(seconds: float) -> None:
    """Lengthen every later step by so many seconds; with 0, change nothing."""
    if not seconds:
        return
    update = stacks._update_resource

    def update_slowly(kind: str, physical_id: str, old: Any, new: Any, *rest: Any) -> Any:
        if old != new:
            _pause(seconds)
        return update(kind, physical_id, old, new, *rest)

    stacks._runs_on_worker_thread = _always
    stacks._update_resource = update_slowly
    stacks._provision_resource = _slow(stacks._provision_resource, seconds)
    stacks._delete_resource = _slow(stacks._delete_resource, seconds)


def _slow(step: Callable[..., Any], seconds: float) -> Callable[..., Any]:
    def slow(*arguments: Any) -> Any:
        _pause(seconds)
        return step(*arguments)

    return slow


def _always(_kind: str) -> bool:
    return True


def _pause(seconds: float) -> None:
    try:
        asyncio.get_running_loop()
    except RuntimeError:  # a worker thread: the only place where sleeping holds nobody up
        time.sleep(seconds)
