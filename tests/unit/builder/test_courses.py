"""Stacks are deployed in order of dependency, independent ones at the same time."""

import threading

import pytest

from services.builder.adapters.deployer.course import AT_ONCE, run_course
from services.builder.domain.assembly.checked import CheckedStack


def stack(name: str, *after: str) -> CheckedStack:
    return CheckedStack(name=name, template="{}", parameters={}, secrets={}, assets=(), after=after)


def test_a_stack_waits_for_those_that_it_needs() -> None:
    course = run_course(
        [stack("data"), stack("api", "data"), stack("web", "api")], lambda one: one.name
    )

    assert (course.failure, course.done) == (None, ["data", "api", "web"])


def test_independent_stacks_are_under_way_together() -> None:
    together = threading.Barrier(3)

    course = run_course(
        [stack("a"), stack("b"), stack("c")], lambda _one: together.wait(timeout=5) >= 0
    )

    assert course.done == [True, True, True]


def test_no_more_than_a_few_are_under_way() -> None:
    under_way, most, turn = 0, 0, threading.Lock()
    go_on = threading.Event()

    def deploy(_one: CheckedStack) -> bool:
        nonlocal under_way, most
        with turn:
            under_way += 1
            most = max(most, under_way)
            if under_way == AT_ONCE:
                go_on.set()
        go_on.wait(5)
        with turn:
            under_way -= 1
        return True

    course = run_course([stack(str(number)) for number in range(10)], deploy)

    assert (len(course.done), most) == (10, AT_ONCE)


def test_after_a_failure_nothing_is_begun_and_what_runs_is_waited_for() -> None:
    failed = threading.Event()
    ended: list[str] = []

    def deploy(one: CheckedStack) -> str:
        if one.name == "bad":
            failed.set()
            raise ValueError(one.name)
        failed.wait(5)
        ended.append(one.name)
        return one.name

    course = run_course([stack("bad"), stack("slow"), stack("never", "slow", "bad")], deploy)

    assert str(course.failure) == "bad"
    assert course.done == ended == ["slow"]


@pytest.mark.parametrize("error", [ValueError("x"), KeyError("y")])
def test_a_failure_of_the_only_stack_is_the_courses(error: Exception) -> None:
    def deploy(_one: CheckedStack) -> str:
        raise error

    course = run_course([stack("only")], deploy)

    assert (course.done, course.failure) == ([], error)
