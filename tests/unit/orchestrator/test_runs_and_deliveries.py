"""Runs are taken once, deliveries are recorded once, pushes are believed in their order."""

import pytest

from services.orchestrator.domain import delivery, environment, run
from services.orchestrator.domain.delivery import Delivery, Done, NotReceived, Unrouted
from services.orchestrator.domain.deployment_refusals import IllegalStart
from services.orchestrator.domain.heads import is_next
from services.orchestrator.domain.run import NotTaken, Run, Taken
from services.orchestrator.domain.slot import Environment
from services.orchestrator.domain.starting import start_run
from tests.support.deployments import A, B, C, deployed, ids, release, requested, started
from tests.support.deployments import run as run_id
from tests.support.spec import Spec
from trellis_contracts.deployments import CancelRequested, CommitResolved, DeployKind
from trellis_contracts.message import Message
from trellis_contracts.pushes import (
    NO_COMMIT,
    BranchDeleted,
    Delivered,
    DeliveryIgnored,
    Ignorance,
    PushReceived,
    PushRouted,
    RepositoryRenamed,
)
from trellis_contracts.runs import RunStarted, StepStarted
from trellis_contracts.steps import Step

TAKEN = RunStarted(**ids(1), run_id=run_id(1), builder="one", attempt=1)
STEP = StepStarted(**ids(1), run_id=run_id(1), step=Step.CHECKOUT)

PUSH = PushReceived(
    delivery="guid", hook="h" * 16, repository="acme/shop", branch="main", before=A, after=B
)
PING = DeliveryIgnored(delivery="guid", hook="h" * 16, event="ping", reason=Ignorance.PING)
RENAMED = RepositoryRenamed(
    delivery="guid", hook="h" * 16, repository="acme/shop", renamed_to="acme/store"
)
DELETED = BranchDeleted(
    delivery="guid", hook="h" * 16, repository="acme/shop", branch="main", before=A
)

RUNS: Spec[Run] = Spec(NotTaken(), run.evolve)
DELIVERIES: Spec[Delivery] = Spec(NotReceived(), delivery.evolve)
ENVIRONMENTS = Spec(Environment(), environment.evolve)


class TestRun:
    def test_a_builder_takes_it_and_reports(self) -> None:
        RUNS.given().when(lambda state: run.decide(TAKEN, state)).then(TAKEN)
        RUNS.given(TAKEN).when(lambda state: run.decide(STEP, state)).then(STEP)
        assert RUNS.given(TAKEN, STEP).state == Taken("one")

    def test_nobody_takes_it_again(self) -> None:
        RUNS.given(TAKEN).when(lambda state: run.decide(TAKEN, state)).then_raises(
            IllegalStart, saying="belongs to builder one"
        )

    def test_nothing_is_reported_before_it_is_taken(self) -> None:
        RUNS.given().when(lambda state: run.decide(STEP, state)).then_raises(
            IllegalStart, saying="was never started"
        )

    def test_another_builder_that_asks_in_the_same_words_is_refused(self) -> None:
        other = TAKEN.model_copy(update={"builder": "two"})
        run.refuse_another_builder(TAKEN, Taken("one"))
        run.refuse_another_builder(other, NotTaken())
        with pytest.raises(IllegalStart):
            run.refuse_another_builder(other, Taken("one"))


class TestStartRun:
    def test_it_names_what_runs_now_and_the_commit_as_it_was_resolved(self) -> None:
        history = (*deployed(1, A), requested(2, None), started(2))
        resolved = CommitResolved(**ids(2), run_id=run_id(2), commit=B)
        again = started(2, attempt=2, fence=3)
        work = start_run(ENVIRONMENTS.given(*history, resolved, again).state, run_id(2, 2))
        assert work is not None
        assert (work.commit, work.attempt, work.fence) == (B, 2, 3)
        assert (work.previous, work.release) == (release(A), None)

    def test_a_rollback_brings_its_release(self) -> None:
        back = requested(3, A, kind=DeployKind.ROLLBACK, brings=release(A))
        history = (*deployed(1, A), *deployed(2, B), back, started(3))
        work = start_run(ENVIRONMENTS.given(*history).state, run_id(3))
        assert work is not None
        assert (work.release, work.previous) == (release(A), release(B, by=2))

    def test_a_teardown_removes_what_runs_when_it_begins(self) -> None:
        asked_early = requested(3, None, kind=DeployKind.TEARDOWN, brings=release(A))
        later = (requested(2, B), started(2), asked_early, *deployed(2, B)[2:], started(3))
        work = start_run(ENVIRONMENTS.given(*deployed(1, A), *later).state, run_id(3))
        assert work is not None
        assert (work.release, work.previous) == (release(B, by=2), release(B, by=2))

    @pytest.mark.parametrize("history", [(), (requested(1), started(1, attempt=2, fence=2))])
    def test_a_run_that_holds_nothing_is_no_work(self, history: tuple[Message, ...]) -> None:
        assert start_run(ENVIRONMENTS.given(*history).state, run_id(1)) is None

    def test_a_run_that_is_to_end_is_still_work(self) -> None:
        history = (requested(1), started(1), CancelRequested(**ids(1)))
        assert start_run(ENVIRONMENTS.given(*history).state, run_id(1)) is not None


class TestDelivery:
    @pytest.mark.parametrize("delivered", [PUSH, PING, DELETED, RENAMED])
    def test_it_is_recorded_once(self, delivered: Delivered) -> None:
        new, known = DELIVERIES.given(), DELIVERIES.given(delivered)
        new.when(lambda state: delivery.decide(delivered, state, connected=True)).then(delivered)
        known.when(lambda state: delivery.decide(delivered, state, connected=True)).then_nothing()

    @pytest.mark.parametrize(("delivered", "event"), [(PUSH, "push"), (RENAMED, "repository")])
    def test_what_is_for_nobody_is_ignored(self, delivered: Delivered, event: str) -> None:
        ignored = DeliveryIgnored(
            delivery="guid", hook="h" * 16, event=event, reason=Ignorance.NO_APPLICATION
        )
        DELIVERIES.given().when(
            lambda state: delivery.decide(delivered, state, connected=False)
        ).then(ignored)

    def test_a_push_is_done_once_it_is_routed(self) -> None:
        routed = PushRouted(delivery="guid", environments=())
        assert DELIVERIES.given(PUSH).state == Unrouted(PUSH)
        assert DELIVERIES.given(PUSH, routed).state == Done()
        assert DELIVERIES.given(PING).state == Done()


@pytest.mark.parametrize(
    ("known", "before", "believed"),
    [
        (None, A, True),
        (None, NO_COMMIT, True),
        (A, A, True),
        (B, A, True),
        (C, A, False),
        (C, NO_COMMIT, False),
    ],
    ids=["nothing known", "new branch", "next", "known already", "overtaken", "made anew"],
)
def test_a_push_is_believed_when_it_follows_what_is_known(
    known: str | None, before: str, *, believed: bool
) -> None:
    assert is_next(PUSH.model_copy(update={"before": before}), known) is believed
