"""Deploys several stacks: each after those that it needs, independent ones side by side."""

import queue
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from graphlib import TopologicalSorter
from typing import Generic, TypeVar

from services.builder.domain.assembly.checked import CheckedStack

T = TypeVar("T")

AT_ONCE = 4
"""How many stacks may change at the same time; the API is throttled by account."""


@dataclass
class Course(Generic[T]):
    """What came of it: what was done, in the order of the ends, and what failed, by stack."""

    done: list[T] = field(default_factory=list)
    failed: dict[str, Exception] = field(default_factory=dict)

    @property
    def failure(self) -> Exception | None:
        """The first one."""
        return next(iter(self.failed.values()), None)


def run_course(stacks: Sequence[CheckedStack], deploy: Callable[[CheckedStack], T]) -> Course[T]:
    """Deploy every stack; after a failure none is begun, and what runs is waited for."""
    if len(stacks) == 1:
        return _alone(stacks[0], deploy)
    by_name = {stack.name: stack for stack in stacks}
    order = TopologicalSorter({stack.name: stack.after for stack in stacks})
    order.prepare()
    course, ended = Course[T](), queue.Queue[tuple[str, T | None, Exception | None]]()
    ready, running = list[str](), 0
    while True:
        ready += order.get_ready()
        while ready and running < AT_ONCE and course.failure is None:
            _begin(by_name[ready.pop(0)], deploy, ended)
            running += 1
        if running == 0:
            return course
        name, result, error = ended.get()
        running -= 1
        if error or result is None:
            course.failed[name] = error or TypeError(f"nothing came of {name}")
        else:
            course.done.append(result)
            order.done(name)


def _alone(stack: CheckedStack, deploy: Callable[[CheckedStack], T]) -> Course[T]:
    try:
        return Course([deploy(stack)])
    except Exception as error:  # noqa: BLE001 - the caller raises it
        return Course([], {stack.name: error})


def _begin(
    stack: CheckedStack,
    deploy: Callable[[CheckedStack], T],
    ended: "queue.Queue[tuple[str, T | None, Exception | None]]",
) -> None:
    """In a thread that does not hold up the end of the process."""

    def run() -> None:
        try:
            ended.put((stack.name, deploy(stack), None))
        except Exception as error:  # noqa: BLE001 - it comes out where it is waited for
            ended.put((stack.name, None, error))

    threading.Thread(target=run, daemon=True).start()
