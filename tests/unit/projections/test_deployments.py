"""`project` tells a deployment's story from its events alone."""

import pytest

from services.projections.domain.deployments import Known, project
from tests.support.histories import BEGIN, Shop, history, recorded, sha
from trellis_contracts.continuing import Continuation, RollbackContinued
from trellis_contracts.deployments import (
    CancelRequested,
    DeployCancelled,
    DeployKind,
    DeploySucceeded,
    DeploySuperseded,
    EnvironmentTornDown,
    ReleaseDeployed,
)
from trellis_contracts.failures import (
    FailureEvent,
    RunErrored,
    RunLost,
    RunTimedOut,
)
from trellis_contracts.hook_failures import AfterDeployFailed
from trellis_contracts.install_failures import InstallFailed
from trellis_contracts.message import Message
from trellis_contracts.names import derived_id
from trellis_contracts.parties import Party
from trellis_contracts.runs import StepStarted
from trellis_contracts.sentences import outcome
from trellis_contracts.steps import Step
from trellis_contracts.views import DeploymentState, DeploymentView

SHOP = Shop()


def after(*events: Message) -> DeploymentView:
    view: DeploymentView | None = None
    for one in history(*events):
        view = project(view, one)
    assert view is not None
    return view


def failed(kind: type[FailureEvent], **fields: object) -> FailureEvent:
    run = {**SHOP.of(1), "run_id": SHOP.run(1), "tail": ("last words",)}
    return kind.model_validate({**run, **fields})


def test_a_requested_deployment_waits_and_says_what_it_uses_without_values() -> None:
    view = after(SHOP.requested(1))
    assert view.state is DeploymentState.WAITING
    assert (view.variables, view.secrets) == (("GREETING",), ("TOKEN",))
    assert "hello" not in view.model_dump_json()
    assert (view.number, view.commit, view.actor) == (1, sha(1), "person:ana")


def test_a_deployment_that_goes_well_shows_steps_stacks_and_outputs() -> None:
    view = after(*SHOP.deployed(1))
    assert view.state is DeploymentState.SUCCEEDED
    (run,) = view.runs
    assert (run.builder, run.attempt) == ("b1", 1)
    assert [(step.step, step.succeeded, step.seconds) for step in run.steps] == [
        (Step.DEPLOY, True, 3)
    ]
    (stack,) = run.stacks
    assert (stack.done, stack.total, stack.resources[0].status) == (1, 1, "CREATE_COMPLETE")
    assert view.stacks[0].outputs == {"Url": "https://shop.test"}
    assert view.seconds == 6  # from DeployStarted to DeploySucceeded, one second an event


def test_what_stands_is_shown_though_the_command_after_it_failed() -> None:
    (*_, done) = SHOP.deployed(1)
    assert isinstance(done, DeploySucceeded)
    brought = ReleaseDeployed(**SHOP.of(1), run_id=SHOP.run(1), release=done.release)
    why = failed(AfterDeployFailed, command="npm run smoke", exit_code=1)
    view = after(SHOP.requested(1), SHOP.started(1), brought, why)

    assert view.state is DeploymentState.FAILED
    assert view.stacks[0].outputs == {"Url": "https://shop.test"}
    assert view.failure is not None
    assert "trellis rollback" in view.failure.sentence


def test_a_deployment_that_never_started_takes_no_time() -> None:
    view = after(SHOP.requested(1), DeployCancelled(**SHOP.of(1), cloud_touched=False))
    assert (view.state, view.seconds) == (DeploymentState.CANCELLED, None)


def test_a_superseded_deployment_names_what_took_its_place() -> None:
    view = after(SHOP.requested(1), DeploySuperseded(**SHOP.of(1), by=SHOP.deployment(2)))
    assert (view.state, view.superseded_by) == (DeploymentState.SUPERSEDED, SHOP.deployment(2))


def test_a_cancel_is_shown_before_it_is_done() -> None:
    view = after(SHOP.requested(1), SHOP.started(1), CancelRequested(**SHOP.of(1)))
    assert (view.state, view.cancel_requested_by) == (DeploymentState.CANCELLING, "person:ana")


def test_a_teardown_succeeds_without_stacks() -> None:
    gone = EnvironmentTornDown(**SHOP.of(1), run_id=SHOP.run(1), stacks=("shop",), seconds=1)
    view = after(SHOP.requested(1, kind=DeployKind.TEARDOWN), SHOP.started(1), gone)
    assert (view.state, view.stacks) == (DeploymentState.SUCCEEDED, ())


@pytest.mark.parametrize(
    ("failure", "state", "must_act"),
    [
        (failed(InstallFailed, command="npm ci", exit_code=1), "failed", Party.AUTHOR),
        (failed(RunTimedOut, seconds=60), "failed", Party.AUTHOR),
        (failed(RunLost, attempts=2), "errored", Party.OPERATOR),
        (failed(RunErrored, detail="no disk"), "errored", Party.OPERATOR),
    ],
)
def test_a_failure_says_whose_it_is_and_what_to_do(
    failure: FailureEvent, state: str, must_act: Party
) -> None:
    view = after(SHOP.requested(1), SHOP.started(1), failure)
    assert view.state == state
    assert view.failure is not None
    assert view.failure.event == type(failure).__name__
    assert (view.failure.sentence, view.failure.must_act) == (failure.sentence, must_act)
    assert view.failure.tail == ("last words",)


def test_a_second_run_ends_the_open_steps_of_the_first() -> None:
    run = {**SHOP.of(1), "run_id": SHOP.run(1)}
    view = after(
        SHOP.requested(1),
        SHOP.started(1),
        StepStarted.model_validate({**run, "step": Step.INSTALL}),
        SHOP.started(1, attempt=2),
    )
    first, second = view.runs
    assert [(step.succeeded, step.seconds) for step in first.steps] == [(False, 1)]
    assert (second.attempt, view.state) == (2, DeploymentState.RUNNING)
    assert view.started_at == recorded(SHOP.started(1), position=2).envelope.occurred_at


def test_what_other_events_told_is_taken_in() -> None:
    rollback = SHOP.requested(5, kind=DeployKind.ROLLBACK, release=SHOP.release(3))
    view = project(None, recorded(rollback, position=9), Known("Change 3", rolls_back_to=3))
    assert view is not None
    assert (view.commit, view.message, view.rolls_back_to) == (sha(3), "Change 3", 3)


def test_an_event_of_no_deployment_leaves_the_view_the_same_object() -> None:
    view = after(SHOP.requested(1))
    for event in (*SHOP.created(), SHOP.pushed(2)):
        assert project(view, recorded(event, position=7)) is view


def test_a_report_on_a_deployment_that_is_not_known_makes_no_view() -> None:
    for event in SHOP.reported(1):
        assert project(None, recorded(event, position=1)) is None


def test_times_are_those_of_the_events() -> None:
    view = after(*SHOP.deployed(1))
    assert view.requested_at > BEGIN
    assert view.finished_at is not None
    assert view.started_at is not None
    assert view.requested_at < view.started_at < view.finished_at
    assert derived_id(SHOP.deployment(1), 1) == view.runs[0].run_id


def test_a_rollback_that_went_on_has_succeeded_and_says_what_it_left() -> None:
    wanted = Continuation(stack="shop-dev", skip=("Topic",), reason="gone")
    asked = SHOP.requested(1).model_copy(update={"kind": DeployKind.CONTINUE, "continues": wanted})
    ended = RollbackContinued.model_validate(
        {**SHOP.of(1), "run_id": SHOP.run(1), "continuation": wanted, "seconds": 1}
    )

    view = after(asked, SHOP.started(1), ended)

    assert (view.state, view.continues) == (DeploymentState.SUCCEEDED, wanted)
    assert "continue the rollback of stack shop-dev, skipping Topic" in outcome(view)
