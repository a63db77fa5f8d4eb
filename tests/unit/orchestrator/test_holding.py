"""Pushes that are not deployed and say why; what a rollback holds and bars, and for how long."""

import pytest

from services.orchestrator.domain.deployment_refusals import IllegalBranch, IllegalRollback
from services.orchestrator.domain.environment import evolve
from services.orchestrator.domain.gate_refusals import IllegalBarred, IllegalHold, IllegalPattern
from services.orchestrator.domain.slot import Environment
from tests.support.asking import ask
from tests.support.deployments import (
    DEVELOPMENT,
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
    run,
    run_succeeded,
    started,
    succeeded,
    torn_down,
)
from tests.support.spec import Given, Spec
from trellis_contracts.applications import EnvironmentConfigured, WatchesChanged
from trellis_contracts.deployments import (
    CommitResolved,
    DeployCancelled,
    DeployKind,
    DeploySuperseded,
    Promote,
    ReleaseDeployed,
    RequestDeploy,
    RollBack,
    Trigger,
)
from trellis_contracts.gating import (
    AutomaticHeld,
    CommitBarred,
    DeploySkipped,
    HoldLifted,
    LiftHold,
)
from trellis_contracts.message import Message
from trellis_contracts.rules import SkipReason
from trellis_contracts.settings import EnvironmentSettings

given = Spec(Environment(), evolve).given
WHERE = {"application_id": SHOP, "environment_id": DEVELOPMENT}
HELD = AutomaticHeld.model_validate(
    {**WHERE, "deployment_id": deployment(3), "number": 3, "commit": B}
)
BACK_TO_A = (
    *deployed(1, A),
    *deployed(2, B),
    requested(3, A, kind=DeployKind.ROLLBACK, brings=release(A)),
    started(3),
)
ROLLED_BACK = (*BACK_TO_A, succeeded(3, A, kind=DeployKind.ROLLBACK), HELD)
WATCHING = WatchesChanged(application_id=SHOP, paths=("services/shop", "libs/*.py"))


BY_PUSH = requested(1, A, trigger=Trigger.PUSH)
GOES = (BY_PUSH, started(1))
THERE = (*GOES, succeeded(1, A))
NEXT = (requested(2, B, trigger=Trigger.PUSH), started(2), succeeded(2, B))
NOT_PASSED = ReleaseDeployed.model_validate({**ids(1), "run_id": run(1), "release": release(A)})
CANCELLED = DeployCancelled.model_validate({**ids(1), "cloud_touched": False})
AGAIN = requested(2, A, kind=DeployKind.REDEPLOY)
REDEPLOYED = succeeded(2, A, kind=DeployKind.REDEPLOY)
BACK = (
    requested(3, B, kind=DeployKind.ROLLBACK, brings=release(B)),
    started(3),
    succeeded(3, B, kind=DeployKind.ROLLBACK),
)
LIFTED = HoldLifted.model_validate(WHERE)
TORN_DOWN = (requested(2, None, kind=DeployKind.TEARDOWN), started(2), torn_down(2))


def push(
    commit: str, *, message: str | None = None, paths: tuple[str, ...] | None = None
) -> RequestDeploy:
    return RequestDeploy(
        environment_id=DEVELOPMENT,
        commit=commit,
        branch="main",
        trigger=Trigger.PUSH,
        delivery="d",
        message=message,
        paths=paths,
    )


def skipped(commit: str, reason: SkipReason, detail: str) -> DeploySkipped:
    return DeploySkipped.model_validate(
        {
            **WHERE,
            "branch": "main",
            "commit": commit,
            "delivery": "d",
            "reason": reason,
            "detail": detail,
        }
    )


UNWATCHED = push(C, paths=("README.md",))
SAID_SKIP = skipped(B, SkipReason.MESSAGE, "the commit's message says [skip ci]")
PATHS_SKIP = skipped(B, SkipReason.PATHS, "it changes nothing of services/shop")
PUSHED = given(*THERE)


def starts(state: Environment, command: RequestDeploy, *after: WatchesChanged) -> bool:
    events = ask(command, number=9, after=after)(state)
    return type(events[-1]).__name__ == "DeployStarted"


class TestSkipping:
    @pytest.mark.parametrize(
        "word", ["[skip ci]", "[ci skip]", "[no ci]", "[skip deploy]", "[Deploy Skip]"]
    )
    def test_a_commit_may_ask_not_to_be_deployed(self, word: str) -> None:
        command = push(A, message=f"Mend a word {word}\n\nmore")
        given().when(ask(command, number=1)).then(
            skipped(A, SkipReason.MESSAGE, f"the commit's message says {word}")
        )

    def test_other_brackets_mean_nothing(self) -> None:
        assert starts(Environment(), push(A, message="[ci] skip the rest"))

    def test_a_push_that_changes_nothing_that_is_watched_is_skipped(self) -> None:
        command = push(B, paths=("services/other/x.ts", "libs/deep/y.py"))
        PUSHED.when(ask(command, number=2, after=[WATCHING])).then(
            skipped(B, SkipReason.PATHS, "it changes nothing of services/shop, libs/*.py")
        )

    def test_so_is_one_that_asks_for_it_besides(self) -> None:
        both = push(B, message="Release [skip ci]", paths=("README.md",))
        PUSHED.when(ask(both, number=2, after=[WATCHING])).then(
            skipped(B, SkipReason.PATHS, "it changes nothing of services/shop, libs/*.py")
        )

    @pytest.mark.parametrize("path", ["services/shop/x.ts", "libs/y.py", "services/shop"])
    def test_a_push_that_changes_something_of_it_is_deployed(self, path: str) -> None:
        assert starts(Environment(), push(A, paths=("README.md", path)), WATCHING)

    @pytest.mark.parametrize(
        "before",
        [
            pytest.param((), id="nothing was ever pushed"),
            pytest.param(deployed(1, A), id="a person deployed it"),
            pytest.param((BY_PUSH, started(1), failed(1)), id="the push before has failed"),
            pytest.param((BY_PUSH, CANCELLED, *deployed(2, B)), id="it was cancelled"),
            pytest.param((*GOES, NOT_PASSED, failed(1)), id="its smoke test has not passed"),
            pytest.param((*THERE, SAID_SKIP), id="the push before was skipped for its message"),
            pytest.param((*THERE, SAID_SKIP, PATHS_SKIP), id="so was an earlier one"),
            pytest.param((*THERE, *deployed(2, B), *BACK, LIFTED), id="it was rolled back"),
        ],
    )
    def test_one_that_brings_what_an_earlier_one_has_not_is_deployed(
        self, before: tuple[Message, ...]
    ) -> None:
        assert starts(given(*before).state, UNWATCHED, WATCHING)

    @pytest.mark.parametrize(
        "before",
        [
            pytest.param((*THERE, PATHS_SKIP), id="the push before was skipped for its paths"),
            pytest.param((BY_PUSH, started(1)), id="the push before still runs"),
            pytest.param((*THERE, SAID_SKIP, *NEXT), id="a later push was deployed"),
            pytest.param((*THERE, AGAIN, started(2), REDEPLOYED), id="it was deployed once more"),
            pytest.param((*THERE, *TORN_DOWN), id="it was torn down"),
        ],
    )
    def test_one_that_does_not_is_skipped(self, before: tuple[Message, ...]) -> None:
        (event,) = ask(UNWATCHED, number=9, after=[WATCHING])(given(*before).state)
        assert isinstance(event, DeploySkipped)

    def test_a_push_whose_changes_are_not_known_is_deployed(self) -> None:
        assert starts(Environment(), push(A, paths=None), WATCHING)

    def test_what_was_skipped_is_no_news_when_the_remote_tells_of_it_too(self) -> None:
        told = push(A).model_copy(update={"trigger": Trigger.HEAD, "delivery": None})
        before = given(skipped(A, SkipReason.MESSAGE, "the commit's message says [skip ci]"))
        before.when(ask(told, number=1)).then_nothing()
        assert starts(before.state, told.model_copy(update={"commit": B}))
        assert starts(before.state, push(A)), "pushed again, it is looked at again"

    def test_a_person_is_not_skipped(self) -> None:
        command = RequestDeploy(environment_id=DEVELOPMENT, commit=A, message="[skip ci]")
        assert starts(Environment(), command, WATCHING)


class TestGlobs:
    ALL = EnvironmentConfigured(
        application_id=SHOP,
        environment_id=DEVELOPMENT,
        settings=EnvironmentSettings(branch="release/*", automatic=True),
    )

    def test_a_branch_that_matches_is_deployed(self) -> None:
        command = push(A).model_copy(update={"branch": "release/7"})
        events = ask(command, number=1, after=[self.ALL])(Environment())
        assert [type(event).__name__ for event in events] == ["DeployRequested", "DeployStarted"]

    def test_another_is_not(self) -> None:
        given().when(ask(push(A), number=1, after=[self.ALL])).then_nothing()

    def test_a_person_must_say_which_branch(self) -> None:
        command = RequestDeploy(environment_id=DEVELOPMENT)
        given().when(ask(command, after=[self.ALL])).then_raises(
            IllegalPattern, saying="stands for several branches"
        )
        elsewhere = RequestDeploy(environment_id=STAGING)
        given().when(ask(elsewhere, environment=STAGING)).then_raises(
            IllegalBranch, saying="bound to no branch"
        )


class TestHolding:
    def held(self) -> Given[Environment]:
        return given(*ROLLED_BACK)

    def test_a_rollback_holds_pushes_and_bars_what_it_took_away(self) -> None:
        given(*BACK_TO_A).when(ask(run_succeeded(3, A), taken=True)).then(
            succeeded(3, A, kind=DeployKind.ROLLBACK), HELD
        )

    def test_pushes_that_wait_are_superseded_by_it(self) -> None:
        waiting = requested(4, C, trigger=Trigger.PUSH)
        given(*BACK_TO_A, waiting).when(ask(run_succeeded(3, A), taken=True)).then(
            succeeded(3, A, kind=DeployKind.ROLLBACK),
            HELD,
            DeploySuperseded.model_validate({**ids(4), "by": deployment(3)}),
        )

    @pytest.mark.parametrize("kind", [DeployKind.DEPLOY, DeployKind.PROMOTE, DeployKind.REDEPLOY])
    def test_so_is_whatever_waits_with_the_commit_that_it_took_away(self, kind: DeployKind) -> None:
        waiting, other = requested(4, B, kind=kind), requested(5, C)
        given(*BACK_TO_A, waiting, other).when(ask(run_succeeded(3, A), taken=True)).then(
            succeeded(3, A, kind=DeployKind.ROLLBACK),
            HELD,
            DeploySuperseded.model_validate({**ids(4), "by": deployment(3)}),
            started(5, fence=4, late=True),
        )

    def test_a_redeploy_of_what_runs_no_more_is_superseded(self) -> None:
        going = given(*deployed(1, A), requested(2, C), started(2))
        again = requested(3, A, kind=DeployKind.REDEPLOY)
        going.and_then(again).when(ask(run_succeeded(2, C), taken=True)).then(
            succeeded(2, C), DeploySuperseded.model_validate({**ids(3), "by": deployment(2)})
        )

    def test_the_barred_commit_is_not_deployed_by_a_push(self) -> None:
        detail = "a rollback took this commit away from here"
        self.held().when(ask(push(B), number=4)).then(skipped(B, SkipReason.BARRED, detail))

    def test_nor_is_a_newer_one_while_pushes_are_held(self) -> None:
        detail = "automatic deploys are held since the rollback #3"
        self.held().when(ask(push(C), number=4)).then(skipped(C, SkipReason.HELD, detail))

    def test_nor_is_the_barred_one_by_a_person(self) -> None:
        command = RequestDeploy(environment_id=DEVELOPMENT, commit=B)
        self.held().when(ask(command, number=4)).then_raises(
            IllegalBarred, saying="was taken away from development by the rollback #3"
        )

    def test_nor_by_a_promotion(self) -> None:
        source = given(*deployed(1, B)).state
        command = Promote(environment_id=DEVELOPMENT, source=STAGING)
        self.held().when(ask(command, number=4, source=source)).then_raises(
            IllegalBarred, saying="lift the bar with `trellis resume"
        )

    def test_nor_as_the_newest_commit_of_a_branch(self) -> None:
        asked = requested(4, None)
        resolved = CommitResolved.model_validate({**ids(4), "run_id": run(4), "commit": B})
        self.held().and_then(asked, started(4)).when(ask(resolved, taken=True)).then(
            resolved, CommitBarred.model_validate({**ids(4), "commit": B})
        )

    def test_a_newer_commit_that_passed_lifts_the_hold(self) -> None:
        going = self.held().and_then(requested(4, C), started(4))
        lifted = HoldLifted.model_validate({**WHERE, "by": deployment(4)})
        going.when(ask(run_succeeded(4, C), taken=True)).then(succeeded(4, C), lifted)
        after = going.and_then(succeeded(4, C), lifted)
        assert starts(after.state, push(B))

    @pytest.mark.parametrize("kind", [DeployKind.REDEPLOY, DeployKind.DEPLOY, DeployKind.PROMOTE])
    def test_what_ran_before_is_not_newer_and_lifts_nothing(self, kind: DeployKind) -> None:
        going = self.held().and_then(requested(4, A, kind=kind), started(4))
        going.when(ask(run_succeeded(4, A), taken=True)).then(succeeded(4, A, kind=kind))

    def test_a_newer_one_that_passed_when_it_was_deployed_again_lifts_it(self) -> None:
        smoke = ReleaseDeployed.model_validate({**ids(4), "run_id": run(4), "release": release(C)})
        again = requested(5, C, kind=DeployKind.REDEPLOY)
        going = self.held().and_then(requested(4, C), started(4), smoke, failed(4), again)
        lifted = HoldLifted.model_validate({**WHERE, "by": deployment(5)})
        going.and_then(started(5)).when(ask(run_succeeded(5, C), taken=True)).then(
            succeeded(5, C, kind=DeployKind.REDEPLOY), lifted
        )

    def test_somebody_may_lift_it(self) -> None:
        lifted = HoldLifted.model_validate(WHERE)
        self.held().when(ask(LiftHold(environment_id=DEVELOPMENT))).then(lifted)
        assert starts(self.held().and_then(lifted).state, push(B))

    def test_there_must_be_one_to_lift(self) -> None:
        given(*deployed(1)).when(ask(LiftHold(environment_id=DEVELOPMENT))).then_raises(
            IllegalHold, saying="nothing to lift"
        )

    def test_a_second_rollback_bars_one_more(self) -> None:
        again = HELD.model_copy(update={"number": 5, "commit": A})
        hold = self.held().and_then(again).state.hold
        assert hold is not None
        assert hold.barred == (B, A)

    def test_a_second_rollback_goes_further_back_and_not_to_what_the_first_took_away(self) -> None:
        back = (
            requested(4, B, kind=DeployKind.ROLLBACK, brings=release(B, by=2)),
            started(4),
            succeeded(4, B, kind=DeployKind.ROLLBACK, by=2),
            HELD.model_copy(update={"number": 4, "commit": C}),
        )
        history = (*deployed(1, A), *deployed(2, B), *deployed(3, C), *back)
        given(*history).when(ask(RollBack(environment_id=DEVELOPMENT), number=5)).then(
            requested(5, A, kind=DeployKind.ROLLBACK, brings=release(A, by=1)),
            started(5, late=True),
        )

    def test_nor_to_what_runs_where_nothing_else_is_left(self) -> None:
        ended = succeeded(3, A, kind=DeployKind.ROLLBACK, by=1)
        rolled_back = given(*BACK_TO_A, ended, HELD)
        rolled_back.when(ask(RollBack(environment_id=DEVELOPMENT), number=4)).then_raises(
            IllegalRollback, saying=f"choose one of #2 ({deployment(2)}), #1 ({deployment(1)})"
        )
        named = RollBack(environment_id=DEVELOPMENT, deployment_id=deployment(2))
        rolled_back.when(ask(named, number=4)).then(
            requested(4, B, kind=DeployKind.ROLLBACK, brings=release(B, by=2)),
            started(4, late=True),
        )

    def test_a_rollback_to_what_runs_bars_nothing(self) -> None:
        back = requested(3, A, kind=DeployKind.ROLLBACK, brings=release(A))
        going = given(*deployed(1, A), *deployed(2, A), back, started(3))
        going.when(ask(run_succeeded(3, A), taken=True)).then(
            succeeded(3, A, kind=DeployKind.ROLLBACK), HELD.model_copy(update={"commit": None})
        )

    def test_an_environment_that_was_torn_down_begins_anew(self) -> None:
        gone = self.held().and_then(
            requested(4, None, kind=DeployKind.TEARDOWN), started(4), torn_down(4)
        )
        assert gone.state.hold is None
