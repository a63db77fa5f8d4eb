"""What may be asked of an environment."""

import pytest

from services.orchestrator.domain.deployment_refusals import (
    IllegalBranch,
    IllegalConfirmation,
    IllegalDeploy,
    IllegalPromotion,
    IllegalQueue,
    IllegalRedeploy,
    IllegalRollback,
    IllegalTeardown,
)
from services.orchestrator.domain.environment import evolve
from services.orchestrator.domain.refusals import IllegalEnvironment
from services.orchestrator.domain.slot import MOST_WAITING, Environment, Success
from tests.support.asking import ask
from tests.support.deployments import (
    DEVELOPMENT,
    PRODUCTION,
    SHOP,
    STAGING,
    A,
    B,
    C,
    deployed,
    deployment,
    failed,
    ids,
    release,
    requested,
    started,
    succeeded,
    torn_down,
)
from tests.support.spec import Spec
from trellis_contracts.applications import EnvironmentConfigured, VariableSet
from trellis_contracts.asking import RefusalCode
from trellis_contracts.deployments import (
    DeployKind,
    DeploySuperseded,
    Promote,
    Redeploy,
    ReleaseVanished,
    RequestDeploy,
    RollBack,
    TearDown,
    Trigger,
)
from trellis_contracts.message import Message
from trellis_contracts.releases import Release
from trellis_contracts.settings import EnvironmentSettings

given = Spec(Environment(), evolve).given
VANISHED = ReleaseVanished(application_id=SHOP, environment_id=DEVELOPMENT, instance="first")


def push(
    commit: str = A, *, branch: str = "main", trigger: Trigger = Trigger.PUSH
) -> RequestDeploy:
    return RequestDeploy(
        environment_id=DEVELOPMENT, commit=commit, branch=branch, trigger=trigger, delivery="d"
    )


DEPLOY = RequestDeploy(environment_id=DEVELOPMENT, commit=A)


class TestDeploy:
    def test_a_commit_is_deployed_at_once_when_nothing_runs(self) -> None:
        given().when(ask(DEPLOY, number=1)).then(
            requested(1, A, branch=None), started(1, late=True)
        )

    def test_without_a_commit_the_newest_of_the_environments_branch_is_wanted(self) -> None:
        command = RequestDeploy(environment_id=DEVELOPMENT)
        given().when(ask(command, number=1)).then(requested(1, None), started(1, late=True))

    def test_any_branch_may_be_named(self) -> None:
        command = RequestDeploy(environment_id=DEVELOPMENT, branch="feature/x")
        given().when(ask(command, number=1)).then(
            requested(1, None, branch="feature/x"), started(1, late=True)
        )

    def test_an_environment_without_a_branch_asks_for_one(self) -> None:
        command = RequestDeploy(environment_id=STAGING)
        given().when(ask(command, number=1, environment=STAGING)).then_raises(
            IllegalBranch, saying="name a branch or a commit"
        )

    def test_production_is_promoted_to_instead(self) -> None:
        command = RequestDeploy(environment_id=PRODUCTION, commit=A)
        given().when(ask(command, number=1, environment=PRODUCTION)).then_raises(
            IllegalDeploy, saying="promote it from there"
        )

    def test_settings_are_those_of_the_moment_of_asking(self) -> None:
        variable = VariableSet(
            application_id=SHOP, environment_id=DEVELOPMENT, name="COLOUR", value="red"
        )
        request, _ = ask(DEPLOY, number=1, after=[variable])(Environment())
        assert request == requested(1, A, branch=None, after=(variable,))
        assert request.target.variables == {"COLOUR": "red"}

    def test_a_busy_environment_lets_it_wait(self) -> None:
        given(requested(1), started(1)).when(ask(DEPLOY, number=2)).then(
            requested(2, A, branch=None)
        )

    def test_an_environment_of_another_application_is_unknown(self) -> None:
        elsewhere = deployment(99)
        command = RequestDeploy(environment_id=elsewhere, commit=A)
        given().when(ask(command, number=1, environment=elsewhere)).then_raises(
            IllegalEnvironment, saying="There is no environment"
        )

    def test_more_than_ten_do_not_wait(self) -> None:
        waiting = [requested(number) for number in range(2, 2 + MOST_WAITING)]
        given(requested(1), started(1), *waiting).when(ask(DEPLOY, number=20)).then_raises(
            IllegalQueue, saying="10 deployments wait for development already"
        )


class TestPush:
    def test_it_deploys(self) -> None:
        wanted = requested(1, A, trigger=Trigger.PUSH, delivery="d")
        given().when(ask(push(), number=1)).then(wanted, started(1, late=True))

    def test_the_newest_waiting_push_takes_the_place_of_the_other(self) -> None:
        busy = given(requested(1), started(1), requested(2, A, trigger=Trigger.PUSH))
        wanted = requested(3, B, trigger=Trigger.PUSH, delivery="d")
        superseded = DeploySuperseded(**ids(2), by=deployment(3))
        busy.when(ask(push(B), number=3)).then(wanted, superseded)

    def test_it_takes_the_place_of_nothing_that_a_person_asked_for(self) -> None:
        kinds = (DeployKind.DEPLOY, DeployKind.PROMOTE, DeployKind.ROLLBACK, DeployKind.TEARDOWN)
        waiting = [requested(number, kind=kind) for number, kind in enumerate(kinds, 2)]
        busy = given(requested(1), started(1), *waiting)
        wanted = requested(6, B, trigger=Trigger.PUSH, delivery="d")
        busy.when(ask(push(B), number=6)).then(wanted)

    def test_it_waits_even_behind_a_full_queue(self) -> None:
        waiting = [requested(number) for number in range(2, 2 + MOST_WAITING)]
        wanted = requested(12, B, trigger=Trigger.PUSH, delivery="d")
        given(requested(1), started(1), *waiting).when(ask(push(B), number=12)).then(wanted)

    @pytest.mark.parametrize(
        "history",
        [
            (requested(1, A, trigger=Trigger.PUSH), started(1)),
            (requested(1), started(1), requested(2, A, trigger=Trigger.PUSH)),
            deployed(1, A, trigger=Trigger.PUSH),
        ],
        ids=["running", "waiting", "released"],
    )
    def test_the_same_commit_again_changes_nothing(self, history: tuple[Message, ...]) -> None:
        given(*history).when(ask(push(A), number=9)).then_nothing()

    def test_the_same_commit_deploys_again_after_it_failed(self) -> None:
        ended = given(requested(1, A, trigger=Trigger.PUSH), started(1), failed(1))
        wanted = requested(2, A, trigger=Trigger.PUSH, delivery="d")
        ended.when(ask(push(A), number=2)).then(wanted, started(2, late=True))

    def test_a_head_that_has_not_moved_is_not_tried_again(self) -> None:
        ended = given(requested(1, A, trigger=Trigger.PUSH), started(1), failed(1))
        ended.when(ask(push(A, trigger=Trigger.HEAD), number=2)).then_nothing()

    def test_a_branch_that_is_no_longer_bound_deploys_nothing(self) -> None:
        given().when(ask(push(branch="other"), number=1)).then_nothing()

    def test_an_environment_that_is_no_longer_automatic_deploys_nothing(self) -> None:
        by_hand = EnvironmentConfigured(
            application_id=SHOP,
            environment_id=DEVELOPMENT,
            settings=EnvironmentSettings(branch="main"),
        )
        given().when(ask(push(), number=1, after=[by_hand])).then_nothing()


class TestRedeploy:
    command = Redeploy(environment_id=DEVELOPMENT)

    def test_it_builds_the_running_commit_once_more(self) -> None:
        wanted = requested(2, A, kind=DeployKind.REDEPLOY)
        given(*deployed(1)).when(ask(self.command, number=2)).then(wanted, started(2, late=True))

    def test_it_works_when_the_release_has_vanished(self) -> None:
        wanted = requested(2, A, kind=DeployKind.REDEPLOY)
        vanished = given(*deployed(1, instance="first"), VANISHED)
        vanished.when(ask(self.command, number=2)).then(wanted, started(2, late=True))

    def test_there_must_be_something(self) -> None:
        given().when(ask(self.command, number=1)).then_raises(
            IllegalRedeploy, saying="deploy or promote to it first"
        )


class TestPromote:
    command = Promote(environment_id=PRODUCTION, source=DEVELOPMENT)

    def test_it_takes_the_commit_that_the_source_runs(self) -> None:
        source = given(*deployed(1, A), *deployed(2, B)).state
        wanted = requested(
            1, B, kind=DeployKind.PROMOTE, environment=PRODUCTION, source=DEVELOPMENT
        )
        given().when(ask(self.command, number=1, environment=PRODUCTION, source=source)).then(
            wanted, started(1, environment=PRODUCTION, late=True)
        )

    @pytest.mark.parametrize(
        ("history", "reason"),
        [
            ((), "it runs nothing"),
            ((*deployed(1), requested(2), started(2), torn_down(2)), "it runs nothing"),
            ((*deployed(1, instance="first"), VANISHED), "is gone with the local AWS"),
        ],
    )
    def test_a_source_that_runs_nothing_is_refused(
        self, history: tuple[Message, ...], reason: str
    ) -> None:
        source = given(*history).state
        given().when(
            ask(self.command, number=1, environment=PRODUCTION, source=source)
        ).then_raises(IllegalPromotion, saying=reason)

    def test_a_source_of_another_application_is_unknown(self) -> None:
        command = Promote(environment_id=PRODUCTION, source=deployment(7))
        given().when(ask(command, number=1, environment=PRODUCTION)).then_raises(
            IllegalEnvironment, saying=str(deployment(7))
        )

    def test_an_environment_is_not_promoted_to_itself(self) -> None:
        command = Promote(environment_id=DEVELOPMENT, source=DEVELOPMENT)
        source = given(*deployed(1)).state
        given(*deployed(1)).when(ask(command, number=2, source=source)).then_raises(
            IllegalPromotion, saying="not to itself"
        )


class TestRollBack:
    command = RollBack(environment_id=DEVELOPMENT)

    def rollback(self, number: int, commit: str, by: int) -> Message:
        brought = release(commit, by=by)
        return requested(number, commit, kind=DeployKind.ROLLBACK, brings=brought)

    def test_it_brings_back_the_success_before_the_current_one(self) -> None:
        history = (*deployed(1, A), *deployed(2, B), requested(3, C), started(3), failed(3))
        given(*history).when(ask(self.command, number=4)).then(
            self.rollback(4, A, by=1), started(4, late=True)
        )

    def test_any_earlier_success_may_be_named(self) -> None:
        history = (*deployed(1, A), *deployed(2, B), *deployed(3, C))
        command = RollBack(environment_id=DEVELOPMENT, deployment_id=deployment(1))
        given(*history).when(ask(command, number=4)).then(
            self.rollback(4, A, by=1), started(4, late=True)
        )

    def test_it_is_a_success_like_others_afterwards(self) -> None:
        back = (
            requested(3, A, kind=DeployKind.ROLLBACK, brings=release(A)),
            started(3),
            succeeded(3, A, kind=DeployKind.ROLLBACK, by=1),
        )
        given(*deployed(1, A), *deployed(2, B), *back).when(ask(self.command, number=4)).then(
            self.rollback(4, B, by=2), started(4, late=True)
        )

    def test_after_a_teardown_the_last_success_comes_back(self) -> None:
        history = (*deployed(1, A), requested(2, kind=DeployKind.TEARDOWN), started(2))
        given(*history, torn_down(2)).when(ask(self.command, number=3)).then(
            self.rollback(3, A, by=1), started(3, late=True)
        )

    def test_what_vanished_comes_back_from_its_kept_artifact(self) -> None:
        wanted = requested(2, A, kind=DeployKind.ROLLBACK, brings=release(A, instance="first"))
        vanished = given(*deployed(1, instance="first"), VANISHED)
        vanished.when(ask(self.command, number=2)).then(wanted, started(2, late=True))

    def test_what_never_succeeded_is_refused_with_what_did(self) -> None:
        history = (*deployed(1, A), *deployed(2, B), *deployed(3, C))
        command = RollBack(environment_id=DEVELOPMENT, deployment_id=deployment(77))
        given(*history).when(ask(command, number=4)).then_raises(
            IllegalRollback, saying=f"choose one of #2 ({deployment(2)}), #1 ({deployment(1)})"
        )

    def test_a_success_that_the_state_holds_no_more_is_found_in_the_history(self) -> None:
        command = RollBack(environment_id=DEVELOPMENT, deployment_id=deployment(77))
        older = Success(deployment(77), 77, release(C, by=77))
        given(*deployed(1, A)).when(ask(command, number=2, older=older)).then(
            requested(2, C, kind=DeployKind.ROLLBACK, brings=release(C, by=77)),
            started(2, late=True),
        )

    def test_the_current_success_is_no_earlier_one(self) -> None:
        command = RollBack(environment_id=DEVELOPMENT, deployment_id=deployment(1))
        given(*deployed(1)).when(ask(command, number=2)).then_raises(
            IllegalRollback, saying="deploy to it first"
        )


class TestTearDown:
    command = TearDown(environment_id=DEVELOPMENT, confirm="development")

    def wanted(self, number: int, held: Release | None = None) -> Message:
        return requested(number, None, kind=DeployKind.TEARDOWN, branch=None, brings=held)

    def test_it_takes_what_the_environment_runs(self) -> None:
        given(*deployed(1, B)).when(ask(self.command, number=2)).then(
            self.wanted(2, release(B)), started(2, late=True)
        )

    def test_it_removes_what_a_failed_first_deployment_left(self) -> None:
        ended = given(requested(1), started(1), failed(1))
        ended.when(ask(self.command, number=2)).then(self.wanted(2), started(2, late=True))

    def test_it_works_when_the_release_has_vanished(self) -> None:
        vanished = given(*deployed(1, instance="first"), VANISHED)
        vanished.when(ask(self.command, number=2)).then(
            self.wanted(2, release(instance="first")), started(2, late=True)
        )

    def test_it_must_be_confirmed_by_the_environments_name(self) -> None:
        command = TearDown(environment_id=DEVELOPMENT, confirm="shop")
        given(*deployed(1)).when(ask(command, number=2)).then_raises(
            IllegalConfirmation, saying="confirm it with the environment's name, development"
        )

    @pytest.mark.parametrize(
        "history", [(), (*deployed(1), requested(2), started(2), torn_down(2))]
    )
    def test_there_must_be_something(self, history: tuple[Message, ...]) -> None:
        given(*history).when(ask(self.command, number=3)).then_raises(
            IllegalTeardown, saying="nothing to tear down"
        )


def test_a_refusal_carries_its_code_rule_and_sentence() -> None:
    refused = IllegalDeploy("production").refused(deployment(1))
    assert refused.code is RefusalCode.CONFLICT
    assert refused.rule == "production-is-promoted-to"
    assert refused.sentence == str(IllegalDeploy("production"))
