"""A stuck rollback goes on when a person says so: where it is stuck, and in the slot."""

import pytest

from services.orchestrator.domain.deployment_refusals import IllegalContinuation
from services.orchestrator.domain.environment import evolve
from services.orchestrator.domain.slot import Environment
from services.orchestrator.domain.starting import start_run
from tests.support.asking import ask
from tests.support.deployments import (
    ANA,
    DEVELOPMENT,
    A,
    B,
    deployed,
    failed,
    ids,
    release,
    requested,
    run,
    run_succeeded,
    started,
    succeeded,
    torn_down,
)
from tests.support.spec import Spec
from trellis_contracts.continuing import Continuation, ContinueRollback, RollbackContinued
from trellis_contracts.deployments import DeployKind, DeployRequested, RequestDeploy
from trellis_contracts.message import Message
from trellis_contracts.stack_failures import StackStuck

given = Spec(Environment(), evolve).given

STACK = "shop-development"
WANTED = Continuation(stack=STACK, skip=("Topic",), reason="the topic was deleted by hand")
CONTINUE = ContinueRollback(environment_id=DEVELOPMENT, continuation=WANTED)


def stuck(number: int) -> StackStuck:
    return StackStuck(
        **ids(number),
        run_id=run(number),
        stack=STACK,
        stack_status="UPDATE_ROLLBACK_FAILED",
        resources=("Topic", "Queue"),
        reason="Topic does not exist",
    )


def continuing(number: int) -> DeployRequested:
    asked = requested(number, None, kind=DeployKind.CONTINUE, branch=None)
    return asked.model_copy(update={"continues": WANTED})


STUCK = (*deployed(1), requested(2, B), started(2), stuck(2))
ENDED = RollbackContinued(**ids(3), run_id=run(3), continuation=WANTED, seconds=60)


def other(**changed: object) -> ContinueRollback:
    continuation = WANTED.model_copy(update=changed)
    return ContinueRollback(environment_id=DEVELOPMENT, continuation=continuation)


def test_it_takes_the_slot_with_what_a_person_gave_up_and_why() -> None:
    asked = continuing(3)

    assert asked.asked_by == ANA
    given(*STUCK).when(ask(CONTINUE, number=3)).then(asked, started(3, late=True))


def test_the_builder_is_told_what_to_skip_and_whose_stacks_they_are() -> None:
    state = given(*STUCK, continuing(3), started(3)).state

    work = start_run(state, run(3))

    assert work is not None
    assert (work.kind, work.continues, work.previous) == (
        DeployKind.CONTINUE, WANTED, release(A)
    )  # fmt: skip


@pytest.mark.parametrize(
    "history",
    [
        deployed(1),
        (*STUCK, *deployed(3)),
        (*STUCK, torn_down(3)),
        (*STUCK, continuing(3), started(3), ENDED),
    ],
    ids=["never stuck", "deployed since", "torn down since", "continued already"],
)
def test_a_stack_that_no_deployment_left_stuck_is_not_continued(
    history: tuple[Message, ...],
) -> None:
    given(*history).when(ask(CONTINUE)).then_raises(
        IllegalContinuation, saying="no deployment found it stuck"
    )


def test_a_deployment_that_failed_before_it_met_the_stack_leaves_it_stuck() -> None:
    later = (*STUCK, requested(3, B), started(3), failed(3))
    given(*later).when(ask(CONTINUE, number=4)).then(continuing(4), started(4, fence=4, late=True))


def test_another_stack_is_not_continued() -> None:
    given(*STUCK).when(ask(other(stack="shop-web"))).then_raises(
        IllegalContinuation, saying="the stuck one is shop-development"
    )


def test_what_does_not_block_the_rollback_is_not_skipped() -> None:
    given(*STUCK).when(ask(other(skip=("Topic", "Bucket")))).then_raises(
        IllegalContinuation, saying="Topic, Queue block it, not Bucket"
    )


def test_it_waits_while_another_deployment_has_the_slot_and_goes_before_what_waits() -> None:
    busy = (*STUCK, requested(3, B), started(3), requested(4, B))
    asked = continuing(5)

    given(*busy).when(ask(CONTINUE, number=5)).then(asked)
    given(*busy, asked).when(ask(failed(3))).then(failed(3), started(5, fence=4, late=True))


def test_while_it_runs_nothing_else_starts() -> None:
    running = (*STUCK, continuing(3), started(3))
    command = RequestDeploy(environment_id=DEVELOPMENT, commit=B)
    given(*running).when(ask(command, number=4)).then(requested(4, B, branch=None))


def test_when_it_has_ended_the_environment_runs_what_it_ran_before() -> None:
    running = given(*STUCK, continuing(3), started(3))

    running.when(ask(run_succeeded(3, None))).then(ENDED)
    assert running.and_then(ENDED).state.release == succeeded(1).release


def test_one_that_is_stuck_still_may_be_continued_without_more() -> None:
    again = (*STUCK, continuing(3), started(3), stuck(3))
    given(*again).when(ask(other(skip=("Topic", "Queue")), number=4)).then(
        continuing(4).model_copy(
            update={"continues": WANTED.model_copy(update={"skip": ("Topic", "Queue")})}
        ),
        started(4, late=True),
    )
