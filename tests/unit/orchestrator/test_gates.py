"""What a deployment waits for besides its turn, and how it ends when that never comes."""

from datetime import timedelta

import pytest

from services.orchestrator.domain import configuration
from services.orchestrator.domain.environment import evolve
from services.orchestrator.domain.gate_refusals import (
    IllegalApproval,
    IllegalApprovals,
    IllegalOverride,
    IllegalWindow,
)
from services.orchestrator.domain.refusals import IllegalBranchName
from services.orchestrator.domain.slot import Environment
from tests.support.asking import ask
from tests.support.deployments import (
    ANA,
    BEN,
    DEVELOPMENT,
    EVE,
    SHOP,
    A,
    deployed,
    deployment,
    ids,
    release,
    requested,
    shop,
    started,
    succeeded,
)
from tests.support.spec import BEGAN, NOW, Spec
from trellis_contracts.applications import (
    CheckReported,
    ConfigureEnvironment,
    EnvironmentConfigured,
    VariableSet,
)
from trellis_contracts.deployments import (
    DeployKind,
    DeployRequested,
    DeploySuperseded,
    EnvironmentEvent,
    RequestDeploy,
    RollBack,
    TearDown,
    Trigger,
)
from trellis_contracts.gating import (
    ApprovalMissing,
    Approve,
    ChecksFailed,
    ChecksMissing,
    ContentChanged,
    DeployGated,
    FreezeOverridden,
    OverrideFreeze,
    PromotionApproved,
    ReviewQueue,
)
from trellis_contracts.message import Message
from trellis_contracts.rules import (
    Approvals,
    CheckConclusion,
    Gate,
    GateKind,
    QueuePolicy,
    RequiredChecks,
    Window,
    WindowKind,
)
from trellis_contracts.settings import EnvironmentSettings, SettingsChange

given = Spec(Environment(), evolve).given
DEPLOY = RequestDeploy(environment_id=DEVELOPMENT, commit=A, branch="main")
REVIEW = ReviewQueue(environment_id=DEVELOPMENT)
HOUR = timedelta(hours=1)


def settings(**changed: object) -> EnvironmentConfigured:
    fields = {"branch": "main", "automatic": True, **changed}
    return EnvironmentConfigured(
        application_id=SHOP,
        environment_id=DEVELOPMENT,
        settings=EnvironmentSettings.model_validate(fields),
    )


def push(commit: str = A) -> RequestDeploy:
    return RequestDeploy(
        environment_id=DEVELOPMENT,
        commit=commit,
        branch="main",
        trigger=Trigger.PUSH,
        delivery="d",
    )


TWO = settings(approvals=Approvals(needed=2))
ONE_OF_BEN = settings(approvals=Approvals(needed=1, people=(BEN,)))
NOON = (Window(kind=WindowKind.DENY, opens="0 11 * * *", minutes=120),)
FROZEN = settings(windows=NOON)
CHECKED = settings(checks=RequiredChecks(names=("build", "lint"), minutes=30))


def gated(number: int, kind: GateKind, sentence: str) -> DeployGated:
    return DeployGated.model_validate(
        {**ids(number), "gates": (Gate(kind=kind, sentence=sentence),)}
    )


def asked(number: int, *after: Message) -> DeployRequested:
    return requested(number, A, after=after)


def approve(content: str, number: int = 1) -> Approve:
    return Approve(environment_id=DEVELOPMENT, deployment_id=deployment(number), content=content)


def approved(by: str, content: str) -> PromotionApproved:
    return PromotionApproved.model_validate({**ids(1), "approver": by, "content": content})


def last_of(events: list[EnvironmentEvent]) -> str:
    return type(events[-1]).__name__


class TestApprovals:
    WAITS = gated(1, GateKind.APPROVAL, "2 of 2 approvals are missing")
    CONTENT = asked(1, TWO).content

    def test_a_deployment_waits_for_them_and_says_so(self) -> None:
        given().when(ask(DEPLOY, number=1, after=[TWO])).then(asked(1, TWO), self.WAITS)

    @pytest.mark.parametrize("kind", [DeployKind.DEPLOY, DeployKind.REDEPLOY, DeployKind.PROMOTE])
    def test_so_does_whatever_brings_something(self, kind: DeployKind) -> None:
        waits = given(requested(1, A, kind=kind, after=(TWO,)))
        waits.when(ask(REVIEW, after=[TWO])).then(self.WAITS)

    @pytest.mark.parametrize("kind", [DeployKind.ROLLBACK, DeployKind.TEARDOWN])
    def test_what_leads_back_does_not(self, kind: DeployKind) -> None:
        goes = given(requested(1, A, kind=kind, after=(TWO,)))
        goes.when(ask(REVIEW, after=[TWO])).then(started(1, late=True))

    def test_they_are_of_all_that_it_would_bring(self) -> None:
        other = settings(approvals=Approvals(needed=2), run_minutes=5)
        asked_for = (
            asked(1, TWO),
            asked(1, other),
            requested(1, "b" * 40, after=(TWO,)),
            requested(1, A, branch="next", after=(TWO,)),
            requested(1, A, kind=DeployKind.PROMOTE, after=(TWO,)),
            requested(1, A, brings=release(A), after=(TWO,)),
        )
        assert len({one.content for one in asked_for}) == len(asked_for)

    def test_it_starts_when_enough_people_have_approved(self) -> None:
        one = given(asked(1, TWO), self.WAITS)
        one.when(ask(approve(self.CONTENT), actor=BEN, after=[TWO])).then(
            approved(BEN, self.CONTENT),
            gated(1, GateKind.APPROVAL, "1 of 2 approvals are missing"),
        )
        both = one.and_then(approved(BEN, self.CONTENT))
        both.when(ask(approve(self.CONTENT), actor=EVE, after=[TWO])).then(
            approved(EVE, self.CONTENT),
            DeployGated.model_validate({**ids(1), "gates": ()}),
            started(1, late=True),
        )

    def test_the_same_person_counts_once(self) -> None:
        once = given(asked(1, TWO), self.WAITS, approved(BEN, self.CONTENT))
        state = once.and_then(gated(1, GateKind.APPROVAL, "1 of 2 approvals are missing"))
        state.when(ask(approve(self.CONTENT), actor=BEN, after=[TWO])).then_nothing()

    def test_whoever_asked_does_not_count(self) -> None:
        given(asked(1, TWO)).when(ask(approve(self.CONTENT), actor=ANA, after=[TWO])).then_raises(
            IllegalApproval, saying="ask somebody else"
        )

    def test_whoever_asked_counts_where_that_is_set(self) -> None:
        own = settings(approvals=Approvals(needed=1, own=True))
        content = asked(1, own).content
        events = ask(approve(content), actor=ANA, after=[own])(given(asked(1, own)).state)
        assert last_of(list(events)) == "DeployStarted"

    def test_only_those_who_are_named_may(self) -> None:
        content = asked(1, ONE_OF_BEN).content
        given(asked(1, ONE_OF_BEN)).when(
            ask(approve(content), actor=EVE, after=[ONE_OF_BEN])
        ).then_raises(IllegalApproval, saying="only person:ben may approve")

    def test_an_approval_of_something_else_is_refused(self) -> None:
        given(asked(1, TWO)).when(ask(approve("0" * 64), actor=BEN, after=[TWO])).then_raises(
            IllegalApproval, saying="has changed since"
        )

    def test_what_waits_for_none_is_not_approved(self) -> None:
        given(asked(1), started(1)).when(ask(approve("0" * 64), actor=BEN)).then_raises(
            IllegalApproval, saying="waits for no approval"
        )

    def test_approvals_lapse_when_what_would_be_deployed_changes(self) -> None:
        colour = VariableSet(
            application_id=SHOP, environment_id=DEVELOPMENT, name="COLOUR", value="red"
        )
        one_is_missing = gated(1, GateKind.APPROVAL, "1 of 2 approvals are missing")
        state = given(asked(1, TWO), approved(BEN, self.CONTENT), one_is_missing)
        changed = asked(1, TWO, colour)
        lapsed = ContentChanged.model_validate(
            {**ids(1), "target": changed.target, "content": changed.content}
        )
        state.when(ask(REVIEW, after=[TWO, colour])).then(lapsed, self.WAITS)
        state.when(ask(approve(self.CONTENT), actor=EVE, after=[TWO, colour])).then_raises(
            IllegalApproval, saying="settings of the environment have changed"
        )
        after = state.and_then(lapsed, self.WAITS)
        after.when(ask(REVIEW, after=[TWO, colour])).then_nothing()
        after.when(ask(approve(self.CONTENT), actor=EVE, after=[TWO, colour])).then_raises(
            IllegalApproval, saying="has changed since"
        )

    def test_what_waits_when_approvals_are_asked_for_waits_for_them_too(self) -> None:
        frozen = gated(1, GateKind.FREEZE, "frozen until 2026-03-01 13:00 UTC")
        changed = asked(1, TWO)
        given(asked(1, FROZEN), frozen).when(ask(REVIEW, after=[TWO])).then(
            ContentChanged.model_validate(
                {**ids(1), "target": changed.target, "content": changed.content}
            ),
            self.WAITS,
        )

    def test_it_starts_at_once_when_approvals_are_no_longer_asked_for(self) -> None:
        freed = asked(1, settings())
        changed = {"target": freed.target, "content": freed.content}
        given(asked(1, TWO), self.WAITS).when(ask(REVIEW, after=[settings()])).then(
            ContentChanged.model_validate({**ids(1), **changed}),
            DeployGated.model_validate({**ids(1), "gates": ()}),
            started(1, late=True),
        )

    def test_what_nobody_approves_ends_after_its_time(self) -> None:
        state = given(asked(1, TWO), self.WAITS)
        state.when(ask(REVIEW, after=[TWO], now=BEGAN + 167 * HOUR)).then_nothing()
        state.when(ask(REVIEW, after=[TWO], now=BEGAN + 168 * HOUR)).then(
            ApprovalMissing.model_validate({**ids(1), "hours": 168})
        )

    def test_a_rollback_waits_for_nobody(self) -> None:
        state = given(*deployed(1), *deployed(2, "b" * 40))
        back = RollBack(environment_id=DEVELOPMENT, deployment_id=deployment(1))
        events = ask(back, number=3, after=[TWO])(state.state)
        assert last_of(list(events)) == "DeployStarted"

    def test_others_pass_one_that_waits_for_approval(self) -> None:
        waits = gated(3, GateKind.APPROVAL, "2 of 2 approvals are missing")
        state = given(*deployed(1), *deployed(2, "b" * 40), asked(3, TWO), waits)
        back = RollBack(environment_id=DEVELOPMENT, deployment_id=deployment(1))
        events = ask(back, number=4, after=[TWO])(state.state)
        assert events[-1] == started(4, fence=3, late=True)


class TestFreezes:
    UNTIL = gated(1, GateKind.FREEZE, "frozen until 2026-03-01 13:00 UTC")

    def test_a_deployment_waits_for_the_end_of_a_freeze(self) -> None:
        given().when(ask(DEPLOY, number=1, after=[FROZEN])).then(asked(1, FROZEN), self.UNTIL)

    def test_it_starts_when_the_freeze_is_over(self) -> None:
        state = given(asked(1, FROZEN), self.UNTIL)
        state.when(ask(REVIEW, after=[FROZEN])).then_nothing()
        events = ask(REVIEW, after=[FROZEN], now=BEGAN + HOUR)(state.state)
        assert last_of(list(events)) == "DeployStarted"

    def test_a_freeze_without_an_end_is_told_once_and_not_every_minute(self) -> None:
        always = settings(windows=(Window(kind=WindowKind.DENY, opens="* * * * *", minutes=60),))
        endless = gated(1, GateKind.FREEZE, "frozen with no end in sight")
        given().when(ask(DEPLOY, number=1, after=[always])).then(asked(1, always), endless)
        state = given(asked(1, always), endless)
        for minutes in (1, 2, 60):
            later = NOW + timedelta(minutes=minutes, seconds=7)
            state.when(ask(REVIEW, after=[always], now=later)).then_nothing()

    def test_a_rollback_is_not_frozen(self) -> None:
        state = given(*deployed(1), *deployed(2, "b" * 40))
        back = RollBack(environment_id=DEVELOPMENT, deployment_id=deployment(1))
        events = ask(back, number=3, after=[FROZEN])(state.state)
        assert last_of(list(events)) == "DeployStarted"

    def test_a_teardown_is(self) -> None:
        down = TearDown(environment_id=DEVELOPMENT, confirm="development")
        events = ask(down, number=2, after=[FROZEN])(given(*deployed(1)).state)
        assert last_of(list(events)) == "DeployGated"

    def test_somebody_may_override_it_and_says_why(self) -> None:
        command = OverrideFreeze(
            environment_id=DEVELOPMENT, deployment_id=deployment(1), reason="the shop is down"
        )
        given(asked(1, FROZEN), self.UNTIL).when(ask(command, actor=EVE, after=[FROZEN])).then(
            FreezeOverridden.model_validate({**ids(1), "actor": EVE, "reason": "the shop is down"}),
            DeployGated.model_validate({**ids(1), "gates": ()}),
            started(1, late=True),
        )

    def test_that_is_no_approval(self) -> None:
        both = settings(approvals=Approvals(needed=1), windows=NOON)
        command = OverrideFreeze(
            environment_id=DEVELOPMENT, deployment_id=deployment(1), reason="the shop is down"
        )
        events = ask(command, actor=EVE, after=[both])(given(asked(1, both)).state)
        assert [type(event).__name__ for event in events] == ["FreezeOverridden", "DeployGated"]
        assert isinstance(events[-1], DeployGated)
        assert [gate.kind for gate in events[-1].gates] == [GateKind.APPROVAL]

    def test_there_must_be_a_freeze_to_override(self) -> None:
        command = OverrideFreeze(
            environment_id=DEVELOPMENT, deployment_id=deployment(2), reason="now"
        )
        given(asked(1), started(1), asked(2)).when(ask(command)).then_raises(
            IllegalOverride, saying="development is not frozen"
        )
        given(asked(1), started(1)).when(ask(command)).then_raises(
            IllegalOverride, saying="does not wait"
        )

    def test_a_window_that_cannot_be_read_is_refused(self) -> None:
        bad = Window(kind=WindowKind.DENY, opens="0 25 * * *", minutes=5)
        with pytest.raises(IllegalWindow, match="no cron expression"):
            configure(SettingsChange(windows=(bad,)))

    def test_approvals_that_can_never_be_had_are_refused(self) -> None:
        with pytest.raises(IllegalApprovals, match="need fewer, or name more people"):
            configure(SettingsChange(approvals=Approvals(needed=3, people=(ANA, BEN))))
        configure(SettingsChange(approvals=Approvals(needed=2, people=(ANA, BEN))))


class TestBranches:
    @pytest.mark.parametrize("branch", ["bad..name", "main.lock", "/main", "HEAD", "a//*", "*."])
    def test_a_name_that_no_branch_can_have_is_refused(self, branch: str) -> None:
        with pytest.raises(IllegalBranchName, match="not the name of a branch"):
            configure(SettingsChange(branch=branch))

    @pytest.mark.parametrize("branch", ["main", "release/*", "**", "*/x", "v?.?", "**/hot-*"])
    def test_what_a_branch_can_be_called_is_not(self, branch: str) -> None:
        configure(SettingsChange(branch=branch))


def configure(change: SettingsChange) -> None:
    command = ConfigureEnvironment(application_id=SHOP, environment_id=DEVELOPMENT, change=change)
    configuration.decide(command, shop().environment(DEVELOPMENT))


def check(name: str, conclusion: CheckConclusion, commit: str = A) -> CheckReported:
    return CheckReported(application_id=SHOP, commit=commit, check=name, conclusion=conclusion)


class TestChecks:
    PUSHED = requested(1, A, trigger=Trigger.PUSH, delivery="d", after=(CHECKED,))
    WAITS = gated(1, GateKind.CHECKS, "waits for the commit to pass build, lint")
    BUILD = check("build", CheckConclusion.PASSED)

    def test_a_push_waits_for_them(self) -> None:
        given().when(ask(push(), number=1, after=[CHECKED])).then(self.PUSHED, self.WAITS)

    def test_it_starts_when_all_have_passed(self) -> None:
        state = given(self.PUSHED, self.WAITS)
        state.when(ask(REVIEW, after=[CHECKED, self.BUILD])).then(
            gated(1, GateKind.CHECKS, "waits for the commit to pass lint")
        )
        lint = check("lint", CheckConclusion.PASSED)
        events = ask(REVIEW, after=[CHECKED, self.BUILD, lint])(state.state)
        assert last_of(list(events)) == "DeployStarted"

    def test_those_of_another_commit_do_not_count(self) -> None:
        other = check("build", CheckConclusion.PASSED, "b" * 40)
        given(self.PUSHED, self.WAITS).when(ask(REVIEW, after=[CHECKED, other])).then_nothing()

    def test_they_are_remembered_while_others_are_told_of(self) -> None:
        passed = [check(name, CheckConclusion.PASSED) for name in ("build", "lint")]
        others = [check("build", CheckConclusion.FAILED, f"{n:040x}") for n in range(150)]
        events = ask(push(), number=1, after=[CHECKED, *passed, *others])(Environment())
        assert last_of(list(events)) == "DeployStarted"

    def test_one_that_failed_ends_it(self) -> None:
        failed = check("lint", CheckConclusion.FAILED)
        given(self.PUSHED, self.WAITS).when(ask(REVIEW, after=[CHECKED, failed])).then(
            ChecksFailed.model_validate({**ids(1), "checks": ("lint",)})
        )

    def test_one_that_never_comes_ends_it_by_name(self) -> None:
        late = BEGAN + timedelta(minutes=30)
        given(self.PUSHED, self.WAITS).when(
            ask(REVIEW, after=[CHECKED, self.BUILD], now=late)
        ).then(ChecksMissing.model_validate({**ids(1), "checks": ("lint",), "minutes": 30}))

    def test_a_person_who_deploys_does_not_wait_for_them(self) -> None:
        events = ask(DEPLOY, number=1, after=[CHECKED])(Environment())
        assert last_of(list(events)) == "DeployStarted"

    def test_a_newer_push_takes_the_place_of_one_that_waits_for_checks(self) -> None:
        state = given(self.PUSHED, self.WAITS)
        events = list(ask(push("b" * 40), number=2, after=[CHECKED])(state.state))
        assert DeploySuperseded.model_validate({**ids(1), "by": deployment(2)}) in events


class TestQueue:
    ALL = settings(queue=QueuePolicy.ALL)

    def test_every_push_may_be_kept(self) -> None:
        waiting = requested(2, "b" * 40, trigger=Trigger.PUSH)
        busy = given(requested(1), started(1), waiting)
        busy.when(ask(push("c" * 40), number=3, after=[self.ALL])).then(
            requested(3, "c" * 40, trigger=Trigger.PUSH, delivery="d", after=(self.ALL,))
        )
        busy.and_then(requested(3, "c" * 40, trigger=Trigger.PUSH)).when(
            ask(REVIEW, after=[self.ALL])
        ).then_nothing()

    def test_they_start_in_their_order(self) -> None:
        pushes = [requested(n, str(n) * 40, trigger=Trigger.PUSH) for n in (2, 3, 4)]
        state = given(requested(1), started(1), *pushes, succeeded(1))
        state.when(ask(REVIEW, after=[self.ALL])).then(started(2, fence=2, late=True))

    def test_a_hundred_at_most_and_then_the_oldest_goes(self) -> None:
        pushes = [requested(n, f"{n:040x}", trigger=Trigger.PUSH) for n in range(2, 102)]
        state = given(requested(1), started(1), *pushes)
        events = list(ask(push("c" * 40), number=102, after=[self.ALL])(state.state))
        gone = [e.number for e in events if isinstance(e, DeploySuperseded)]
        assert gone == [2]
