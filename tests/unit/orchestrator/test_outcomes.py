"""How deployments end, and what is given to whom when they do."""

from datetime import timedelta

import pytest

from services.orchestrator.domain.deployment_refusals import (
    IllegalCancel,
    IllegalFact,
    IllegalSuccess,
)
from services.orchestrator.domain.environment import EnvironmentQuestion, evolve
from services.orchestrator.domain.slot import Environment
from tests.support.asking import ask
from tests.support.deployments import (
    DEVELOPMENT,
    RUN_SECONDS,
    SHOP,
    A,
    B,
    deployed,
    deployment,
    failed,
    ids,
    requested,
    run,
    run_succeeded,
    started,
    succeeded,
    torn_down,
)
from tests.support.spec import BEGAN, Spec
from trellis_contracts.deployments import (
    Cancel,
    CancelRequested,
    CommitResolved,
    DeployCancelled,
    DeployKind,
    ExpireRun,
    RecordCloudReset,
    ReleaseVanished,
    Trigger,
)
from trellis_contracts.failures import RunErrored, RunLost, RunTimedOut
from trellis_contracts.message import Message
from trellis_contracts.runs import RunAbandoned, RunCancelled

given = Spec(Environment(), evolve).given

RUNNING = (requested(1), started(1))
CANCELLING = (*RUNNING, CancelRequested(**ids(1)))
WAITING = requested(2, B)
NEXT = started(2, fence=2, late=True)
AGAIN = started(1, attempt=2, fence=2, late=True)
ERRORED = RunErrored(**ids(1), run_id=run(1), detail="no bubblewrap")
ABANDONED = RunAbandoned(**ids(1), run_id=run(1))


def cancelled(number: int = 1, *, touched: bool = False) -> DeployCancelled:
    return DeployCancelled(**ids(number), cloud_touched=touched)


class TestReports:
    def test_a_run_that_succeeded_makes_the_release_the_environments(self) -> None:
        given(*RUNNING).when(ask(run_succeeded(1))).then(succeeded(1, seconds=60))

    def test_the_seconds_count_from_the_first_run(self) -> None:
        later = given(*RUNNING).and_then(started(1, attempt=2, fence=2))
        again = run_succeeded(1, attempt=2)
        (event,) = ask(again)(later.state)
        assert event == succeeded(1).model_copy(update={"run_id": run(1, 2)})

    def test_a_teardown_leaves_nothing(self) -> None:
        removing = (requested(1, None, kind=DeployKind.TEARDOWN), started(1))
        given(*removing).when(ask(run_succeeded(1, None))).then(torn_down(1))

    def test_a_success_without_a_release_is_refused(self) -> None:
        given(*RUNNING).when(ask(run_succeeded(1, None))).then_raises(
            IllegalSuccess, saying="names no release"
        )

    def test_a_failure_is_recorded_as_it_was_reported(self) -> None:
        given(*RUNNING).when(ask(failed(1))).then(failed(1))

    def test_a_run_that_was_cancelled_says_whether_the_cloud_changed(self) -> None:
        fact = RunCancelled(**ids(1), run_id=run(1), cloud_touched=True)
        given(*CANCELLING).when(ask(fact)).then(cancelled(touched=True))

    def test_a_run_that_succeeds_all_the_same_has_succeeded(self) -> None:
        given(*CANCELLING).when(ask(run_succeeded(1))).then(succeeded(1, seconds=60))

    def test_the_commit_of_a_branch_is_recorded_once(self) -> None:
        fact = CommitResolved(**ids(1), run_id=run(1), commit=B)
        unresolved = given(requested(1, None), started(1))
        unresolved.when(ask(fact)).then(fact)
        unresolved.and_then(fact).when(ask(fact)).then_nothing()

    @pytest.mark.parametrize(
        "history",
        [
            (),
            (*RUNNING, failed(1)),
            (*RUNNING, started(1, attempt=2, fence=2)),
            (*RUNNING, failed(1), requested(2), started(2)),
        ],
        ids=["never asked for", "ended", "second attempt", "next deployment"],
    )
    def test_a_run_that_holds_nothing_is_stale(self, history: tuple[Message, ...]) -> None:
        given(*history).when(ask(run_succeeded(1))).then_raises(
            IllegalFact, saying="no longer holds development"
        )

    def test_a_run_that_speaks_of_another_deployment_is_stale(self) -> None:
        fact = run_succeeded(1).model_copy(update={"deployment_id": deployment(5)})
        given(*RUNNING).when(ask(fact)).then_raises(IllegalFact, saying=str(run(1)))


class TestTheNext:
    @pytest.mark.parametrize("outcome", [failed(1), run_succeeded(1)])
    def test_whoever_waits_is_started_in_the_same_append(
        self, outcome: EnvironmentQuestion
    ) -> None:
        busy = given(*RUNNING, WAITING)
        *_, last = ask(outcome)(busy.state)
        assert last == NEXT

    def test_a_rollback_goes_before_everything_that_waits(self) -> None:
        rollback = requested(4, kind=DeployKind.ROLLBACK)
        waiting = (WAITING, requested(3, kind=DeployKind.PROMOTE), rollback)
        given(*RUNNING, *waiting).when(ask(failed(1))).then(
            failed(1), started(4, fence=2, late=True)
        )

    def test_a_push_waits_for_what_was_asked_for_before_it(self) -> None:
        pushed = requested(3, trigger=Trigger.PUSH)
        given(*RUNNING, WAITING, pushed).when(ask(failed(1))).then(failed(1), NEXT)


class TestCancel:
    command = Cancel(environment_id=DEVELOPMENT, deployment_id=deployment(1))

    def test_what_waits_is_cancelled_at_once(self) -> None:
        command = Cancel(environment_id=DEVELOPMENT, deployment_id=deployment(2))
        given(*RUNNING, WAITING).when(ask(command)).then(cancelled(2))

    def test_what_no_builder_has_taken_is_cancelled_at_once(self) -> None:
        given(*RUNNING, WAITING).when(ask(self.command)).then(cancelled(), NEXT)

    def test_what_runs_is_ended_by_its_run(self) -> None:
        given(*RUNNING, WAITING).when(ask(self.command, taken=True)).then(CANCELLING[-1])

    def test_a_second_run_settles_what_the_first_one_left_in_the_cloud(self) -> None:
        again = given(*RUNNING, started(1, attempt=2, fence=2))
        again.when(ask(self.command)).then(CANCELLING[-1])

    def test_asking_twice_changes_nothing(self) -> None:
        given(*CANCELLING).when(ask(self.command, taken=True)).then_nothing()

    @pytest.mark.parametrize("history", [(), (*RUNNING, failed(1)), (requested(2), started(2))])
    def test_there_must_be_something(self, history: tuple[Message, ...]) -> None:
        given(*history).when(ask(self.command)).then_raises(
            IllegalCancel, saying="neither waits nor runs in development"
        )


class TestTroubleOfOurs:
    silent = ExpireRun(environment_id=DEVELOPMENT, run_id=run(1), silent=True)
    late = ExpireRun(environment_id=DEVELOPMENT, run_id=run(1), silent=False)

    @pytest.mark.parametrize("trouble", [ABANDONED, ERRORED, silent])
    def test_it_is_made_good_by_one_new_run(self, trouble: EnvironmentQuestion) -> None:
        given(*RUNNING, WAITING).when(ask(trouble, taken=True)).then(AGAIN)

    @pytest.mark.parametrize("trouble", [ABANDONED, silent])
    def test_a_run_that_is_lost_again_ends_the_deployment(
        self, trouble: EnvironmentQuestion
    ) -> None:
        second = trouble.model_copy(update={"run_id": run(1, 2)})
        lost = RunLost(**ids(1), run_id=run(1, 2), attempts=2)
        twice = given(*RUNNING, WAITING).and_then(started(1, attempt=2, fence=2))
        following = started(2, fence=3, late=True)
        twice.when(ask(second, taken=True)).then(lost, following)

    def test_an_error_that_comes_again_ends_the_deployment(self) -> None:
        second = ERRORED.model_copy(update={"run_id": run(1, 2)})
        given(*RUNNING, started(1, attempt=2, fence=2)).when(ask(second)).then(second)

    @pytest.mark.parametrize("trouble", [ABANDONED, ERRORED, silent])
    def test_what_was_to_end_gets_no_new_run(self, trouble: EnvironmentQuestion) -> None:
        given(*CANCELLING).when(ask(trouble, taken=True)).then(cancelled(touched=True))

    def test_the_deadline_ends_a_run_that_a_builder_has(self) -> None:
        over = RunTimedOut(**ids(1), run_id=run(1), seconds=RUN_SECONDS)
        passed = given(requested(1), _overdue(), WAITING)
        passed.when(ask(self.late, taken=True)).then(over, NEXT)

    def test_the_deadline_of_a_run_that_no_builder_took_says_so(self) -> None:
        lost = RunLost(**ids(1), run_id=run(1), attempts=1)
        given(requested(1), _overdue()).when(ask(self.late)).then(lost)

    def test_the_deadline_ends_what_was_to_be_cancelled(self) -> None:
        passed = given(requested(1), _overdue(), CANCELLING[-1])
        passed.when(ask(self.late, taken=True)).then(cancelled(touched=True))

    def test_nothing_ends_before_its_deadline(self) -> None:
        given(*RUNNING).when(ask(self.late, taken=True)).then_nothing()

    @pytest.mark.parametrize("history", [(), (*RUNNING, started(1, attempt=2, fence=2))])
    def test_a_run_that_ended_does_not_expire(self, history: tuple[Message, ...]) -> None:
        given(*history).when(ask(self.silent)).then_nothing()

    def test_the_next_deadline_is_the_running_runs(self) -> None:
        assert given(*RUNNING).state.next_deadline == started(1).deadline
        assert given(*RUNNING, failed(1)).state.next_deadline is None


class TestCloudReset:
    command = RecordCloudReset(instance="second")

    def test_what_ran_on_an_earlier_instance_is_gone(self) -> None:
        gone = ReleaseVanished(application_id=SHOP, environment_id=DEVELOPMENT, instance="first")
        on_first = given(*deployed(1, A, instance="first"))
        on_first.when(ask(self.command)).then(gone)
        on_first.and_then(gone).when(ask(self.command)).then_nothing()

    @pytest.mark.parametrize("history", [(), deployed(1), deployed(1, instance="second")])
    def test_nothing_else_is(self, history: tuple[Message, ...]) -> None:
        given(*history).when(ask(self.command)).then_nothing()


class TestHistory:
    def test_an_event_that_makes_no_sense_changes_nothing(self) -> None:
        waiting = given(*deployed(1), *RUNNING, WAITING).state
        strange = (
            started(7),
            CommitResolved(**ids(7), run_id=run(7), commit=B),
            CancelRequested(**ids(7)),
            failed(7),
        )
        before = given(*deployed(1), *RUNNING, WAITING)
        assert before.and_then(*strange).state == waiting

    def test_a_vanished_release_cannot_vanish_again(self) -> None:
        gone = ReleaseVanished(application_id=SHOP, environment_id=DEVELOPMENT, instance="first")
        once = given(*deployed(1), gone)
        assert once.and_then(gone).state == once.state


def _overdue() -> Message:
    return started(1).model_copy(update={"deadline": BEGAN - timedelta(seconds=1)})
