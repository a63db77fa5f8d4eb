"""Brings all stacks of an environment to an assembly, or back."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NoReturn

from services.builder.adapters.deployer.access import speaking
from services.builder.adapters.deployer.course import Course, run_course
from services.builder.adapters.deployer.errors import (
    NotPutBack,
    OutOfTime,
    StackFailed,
    StackStuck,
    Stopped,
)
from services.builder.adapters.deployer.one_stack import Deployed, OneStack
from services.builder.adapters.deployer.prepared import Prepared
from services.builder.adapters.deployer.putting_back import PuttingBack, is_as_before
from services.builder.adapters.deployer.uploads import Uploads
from services.builder.domain.assembly.checked import CheckedStack


@dataclass(frozen=True)
class Bringing:
    """One deploy of all stacks; each may keep exports at first, while others import them."""

    one: OneStack
    wanted: Prepared
    uploads: Uploads
    fallback: Prepared | None

    def bring(self, *, more_follows: bool) -> list[Deployed]:
        """Deploy every stack, and again those whose exports nobody imports any more; in order.

        After whatever fails, the others are put back; also when it is ended and `more_follows`.

        Raises:
            NotPutBack: with what it was, and the stacks that are not back.
            Exception: what it was; all is as before, or another run's.
        """
        course = run_course(self.wanted.assembly.stacks, self._deploy)
        if course.failure is None:
            done = self._finish(course, more_follows=more_follows)
            if course.failure is None:
                return done
        raise self._put_back(course, course.failure)

    def drop_exports(self, done: Sequence[Deployed]) -> list[Deployed]:
        """Deploy those again whose exports were in use by stacks that are removed since.

        Where that does not succeed all the same runs as wanted, and the next deploy drops them.

        Raises:
            StackStuck: a stack cannot go back.
        """
        return [self._without_exports(deployed) if deployed.kept else deployed for deployed in done]

    def _deploy(self, stack: CheckedStack) -> Deployed:
        return self.one.deploy(stack, self.wanted, self.uploads)

    def _finish(self, course: Course[Deployed], *, more_follows: bool) -> list[Deployed]:
        """The second pass. What fails in it is remembered in the course."""
        by_name = {deployed.outputs.stack: deployed for deployed in course.done}
        for stack in self.wanted.assembly.stacks:
            first = by_name[stack.name]
            try:
                if first.kept:
                    again = self._deploy(stack)
                    by_name[stack.name] = replace(first, outputs=again.outputs, kept=again.kept)
                if more_follows:
                    self.one.watch.check()
            except Exception as error:  # noqa: BLE001 - it is raised once the others are back
                course.failed[stack.name] = error
                break
        return [by_name[stack.name] for stack in self.wanted.assembly.stacks]

    def _put_back(self, course: Course[Deployed], failure: Exception) -> Exception:
        """Give what is to be raised. An environment that is another run's is left as it is."""
        self.one.watch.check_lost()
        cause = _as_ours(failure)
        one = replace(self.one, watch=self.one.watch.for_putting_back())
        done = {deployed.outputs.stack for deployed in course.done}
        unsure = [
            name
            for name, error in course.failed.items()
            if name not in done and not is_as_before(error)
        ]
        not_back = PuttingBack(one, self.uploads, self.fallback).put_back(course.done, unsure)
        return NotPutBack(cause, not_back) if not_back else cause

    def _without_exports(self, deployed: Deployed) -> Deployed:
        stacks = {stack.name: stack for stack in self.wanted.assembly.stacks}
        name = deployed.outputs.stack
        try:
            return self._deploy(stacks[name])
        except StackStuck:
            raise
        except (StackFailed, Stopped, OutOfTime) as failed:
            self.one.watch.say(f"Stack {name} keeps exports until the next deployment: {failed}")
            return deployed


def _as_ours(failure: Exception) -> Exception:
    """Give it as the deployer's callers know it."""
    try:
        _raise(failure)
    except Exception as cause:  # noqa: BLE001 - it is raised once the others are back
        return cause


def _raise(failure: Exception) -> NoReturn:
    with speaking():
        raise failure
