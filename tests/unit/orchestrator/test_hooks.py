"""What a deployment has brought is known before the command after it has passed, or never does."""

import pytest

from services.orchestrator.domain.deployment_refusals import IllegalFact, IllegalPromotion
from services.orchestrator.domain.environment import evolve
from services.orchestrator.domain.slot import Environment, Live
from services.orchestrator.domain.starting import start_run
from tests.support.asking import ask
from tests.support.deployments import (
    DEVELOPMENT,
    SHOP,
    STAGING,
    A,
    B,
    deployed,
    ids,
    release,
    requested,
    run,
    run_succeeded,
    started,
    succeeded,
)
from tests.support.spec import Spec
from trellis_contracts.applications import EnvironmentConfigured
from trellis_contracts.deployments import (
    DeployCancelled,
    DeployKind,
    Promote,
    ReleaseDeployed,
    RequestDeploy,
    RollBack,
    TearDown,
    Trigger,
)
from trellis_contracts.failures import RunLost
from trellis_contracts.gating import AutomaticHeld
from trellis_contracts.hook_failures import AfterDeployFailed
from trellis_contracts.message import Message
from trellis_contracts.settings import EnvironmentSettings

given = Spec(Environment(), evolve).given

BROUGHT = ReleaseDeployed(**ids(2), run_id=run(2), release=release(B, by=2))
FAILED = AfterDeployFailed(**ids(2), run_id=run(2), command="npm run smoke", exit_code=1)
BEFORE = (*deployed(1), requested(2, B), started(2))
UNPROVEN = (*BEFORE, BROUGHT, FAILED)


def test_what_stands_is_recorded_at_once_and_the_slot_is_not_free_yet() -> None:
    given(*BEFORE).when(ask(BROUGHT)).then(BROUGHT)
    state = given(*BEFORE, BROUGHT).state
    assert state.release == BROUGHT.release
    assert state.is_asked_for(BROUGHT.deployment_id)


def test_a_run_that_holds_nothing_brings_nothing() -> None:
    given(*deployed(1)).when(ask(BROUGHT)).then_raises(IllegalFact, saying="no longer holds")


def test_when_the_command_passes_it_is_a_success_as_any_other() -> None:
    done = succeeded(2, B)
    given(*BEFORE, BROUGHT).when(ask(run_succeeded(2, B))).then(done)
    assert given(*BEFORE, BROUGHT, done).state == given(*BEFORE, done).state


@pytest.mark.parametrize(
    "end",
    [
        FAILED,
        DeployCancelled(**ids(2), cloud_touched=True),
        RunLost(**ids(2), run_id=run(2), attempts=2),
    ],
)
def test_however_it_ends_the_environment_is_known_to_run_it(end: Message) -> None:
    state = given(*BEFORE, BROUGHT, end).state
    assert isinstance(state.content, Live)
    assert (state.release, state.content.passed) == (BROUGHT.release, False)
    assert [success.number for success in state.successes] == [1]


def test_a_rollback_goes_back_to_what_passed_last_and_bars_what_did_not() -> None:
    given(*UNPROVEN).when(ask(RollBack(environment_id=DEVELOPMENT), number=3)).then(
        requested(3, kind=DeployKind.ROLLBACK, brings=release(A)),
        started(3, fence=3, late=True),
    )
    back = (requested(3, kind=DeployKind.ROLLBACK, brings=release(A)), started(3))
    _, held = ask(run_succeeded(3, A))(given(*UNPROVEN, *back).state)
    assert isinstance(held, AutomaticHeld)
    assert held.commit == B


def test_a_teardown_removes_it_and_a_new_run_knows_its_stacks() -> None:
    asked = given(*UNPROVEN).and_then(
        *ask(TearDown(environment_id=DEVELOPMENT, confirm="development"), number=3)(
            given(*UNPROVEN).state
        )
    )
    work = start_run(asked.state, run(3))
    assert work is not None
    assert (work.release, work.previous) == (BROUGHT.release, BROUGHT.release)


def test_it_is_not_promoted_before_it_has_passed() -> None:
    source = given(*UNPROVEN).state
    asked = ask(
        Promote(environment_id=STAGING, source=DEVELOPMENT), environment=STAGING, source=source
    )
    given().when(asked).then_raises(IllegalPromotion, saying="command after the deploy")


def test_the_same_push_may_try_it_again() -> None:
    automatic = EnvironmentConfigured(
        application_id=SHOP,
        environment_id=DEVELOPMENT,
        settings=EnvironmentSettings(branch="main", automatic=True),
    )
    pushed = requested(2, B, trigger=Trigger.PUSH)
    push = RequestDeploy(
        environment_id=DEVELOPMENT, commit=B, branch="main", trigger=Trigger.PUSH, delivery="d9"
    )
    answer = ask(push, number=3, after=[automatic])
    ended = given(*deployed(1), pushed, started(2), BROUGHT, FAILED)
    assert answer(ended.state), "what failed is tried again"
    passed = given(*deployed(1), pushed, started(2), BROUGHT, succeeded(2, B))
    passed.when(answer).then_nothing()
