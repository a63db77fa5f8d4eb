"""Whatever is pushed, clicked, lost and repeated, in whatever order: the rules hold.

`make rules EXAMPLES=2000` tries more of it than a test run does.
"""

import os
from datetime import timedelta
from typing import get_args
from uuid import UUID

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)
from typing_extensions import override

from services.orchestrator.domain.deployment_refusals import IllegalFact
from services.orchestrator.domain.refusals import Illegal
from services.orchestrator.domain.slot import Free, Running, is_automatic
from services.orchestrator.domain.windows import frozen_until
from tests.support.asked import Reported, approval_of, configured, reported
from tests.support.deployments import (
    ANA,
    BEN,
    DEVELOPMENT,
    EVE,
    PRODUCTION,
    SHOP,
    STAGING,
    deployment,
    release,
)
from tests.support.world import Question, World
from trellis_contracts.applications import (
    ConfigureEnvironment,
    VariableSet,
)
from trellis_contracts.deployments import (
    Cancel,
    DeployCancelled,
    DeployKind,
    DeployRequested,
    DeployStarted,
    DeploySucceeded,
    DeploySuperseded,
    EnvironmentTornDown,
    ExpireRun,
    Promote,
    Redeploy,
    RequestDeploy,
    RollBack,
    TearDown,
    Trigger,
)
from trellis_contracts.failing import Failure
from trellis_contracts.gating import (
    AutomaticHeld,
    ContentChanged,
    DeploySkipped,
    FreezeOverridden,
    HoldLifted,
    LiftHold,
    OverrideFreeze,
    PromotionApproved,
)
from trellis_contracts.lifecycles import ClassifyEnvironment
from trellis_contracts.message import Message
from trellis_contracts.names import derived_id
from trellis_contracts.pushes import NO_COMMIT, PushReceived
from trellis_contracts.rules import Approvals, QueuePolicy, Window, WindowKind
from trellis_contracts.runs import RunSucceeded
from trellis_contracts.settings import SettingsChange

EXAMPLES = int(os.environ.get("RULES_EXAMPLES", "100"))
ENDS = (DeployCancelled, DeploySucceeded, DeploySuperseded, EnvironmentTornDown, Failure)
BRINGS = (DeployKind.DEPLOY, DeployKind.REDEPLOY, DeployKind.PROMOTE)
PEOPLE = st.sampled_from([ANA, BEN, EVE])
PLACES = st.sampled_from([DEVELOPMENT, STAGING, PRODUCTION])
NAMES = {DEVELOPMENT: "development", STAGING: "staging", PRODUCTION: "production"}
NIGHT = Window(kind=WindowKind.DENY, opens="0 20 * * *", minutes=600)


class Rules(RuleBasedStateMachine):
    """Three environments: one that pushes deploy to, one between, one that two must approve."""

    @initialize(
        queue=st.sampled_from(QueuePolicy),
        own=st.booleans(),
        night=st.booleans(),
        deployed=st.booleans(),
    )
    def begin(self, queue: QueuePolicy, *, own: bool, night: bool, deployed: bool) -> None:
        frozen = (NIGHT,) if night else ()
        needs = Approvals(needed=2, people=(ANA, BEN, EVE), own=own)
        self.world = World(
            first=(
                configured(DEVELOPMENT, branch="main", automatic=True, queue=queue, windows=frozen),
                configured(PRODUCTION, approvals=needs, windows=frozen),
            )
        )
        self.asked = 0
        self.pushes: list[PushReceived] = []
        self.undelivered: list[PushReceived] = []
        self.repeats: list[tuple[Question, UUID, str]] = []
        self.checked = 0
        self.active: dict[UUID, UUID] = {}
        self.ended: set[UUID] = set()
        self.runs: list[DeployStarted] = []
        self.requests: dict[UUID, DeployRequested] = {}
        self.approved: dict[UUID, set[str]] = {}
        self.overridden: set[UUID] = set()
        self.held: set[UUID] = set()
        self.barred: dict[UUID, set[str]] = {}
        if deployed:
            self.bring_two_commits_to_development()

    def bring_two_commits_to_development(self) -> None:
        for _ in range(2):
            self.push(forced=False, delivered=True)
            self.everything_told_is_lawful()
            if DEVELOPMENT in self.active:
                self.reported(self.holding(DEVELOPMENT), RunSucceeded)
        self.everything_told_is_lawful()

    # What people and the forge do

    @rule(forced=st.booleans(), delivered=st.booleans())
    def push(self, *, forced: bool, delivered: bool) -> None:
        heads = self.world.heads
        commit = f"{len(heads) + 1:040x}"
        before = heads[-1] if heads else NO_COMMIT
        heads.append(commit)
        pushed = PushReceived(
            delivery=f"d{len(heads)}",
            hook="hook-of-the-shop",
            repository="acme/shop",
            branch="main",
            before=before,
            after=commit,
            forced=forced,
        )
        self.pushes.append(pushed)
        if delivered:
            self.world.deliver(pushed)
        else:
            self.undelivered.append(pushed)

    @precondition(lambda self: self.pushes)
    @rule(choice=st.data())
    def deliver_late_or_again(self, choice: st.DataObject) -> None:
        pushed = choice.draw(st.sampled_from(self.pushes))
        if pushed in self.undelivered:
            self.undelivered.remove(pushed)
        self.world.deliver(pushed)

    @rule(who=PEOPLE, where=PLACES, source=PLACES)
    def promote(self, who: str, where: UUID, source: UUID) -> None:
        self.ask(Promote(environment_id=where, source=source), who)

    @rule(who=PEOPLE, again=PEOPLE, change=st.booleans())
    def promote_and_approve(self, who: str, again: str, *, change: bool) -> None:
        """What people do one after another, so that it happens often enough."""
        self.ask(Promote(environment_id=PRODUCTION, source=DEVELOPMENT), who)
        self.everything_told_is_lawful()
        for approver in (who, again):
            for request in self.waiting():
                if request.environment_id == PRODUCTION:
                    self.ask(approval_of(request), approver)
            if change:
                self.set_a_variable(where=PRODUCTION, value=approver)

    @rule(who=PEOPLE, barred=st.booleans())
    def roll_back_and_go_on(self, who: str, *, barred: bool) -> None:
        self.ask(RollBack(environment_id=DEVELOPMENT), who)
        self.everything_told_is_lawful()
        if DEVELOPMENT in self.active:
            self.reported(self.holding(DEVELOPMENT), RunSucceeded)
            self.everything_told_is_lawful()
        if barred and self.barred.get(DEVELOPMENT):
            commit = min(self.barred[DEVELOPMENT])
            self.ask(RequestDeploy(environment_id=DEVELOPMENT, commit=commit), who)
            self.ask(Promote(environment_id=DEVELOPMENT, source=STAGING), who)

    @rule(who=PEOPLE, where=PLACES, number=st.integers(1, 4))
    def deploy(self, who: str, where: UUID, number: int) -> None:
        self.ask(RequestDeploy(environment_id=where, commit=f"{number:040x}"), who)

    @rule(who=PEOPLE, where=PLACES)
    def deploy_the_branch(self, who: str, where: UUID) -> None:
        self.ask(RequestDeploy(environment_id=where, branch="main"), who)

    @rule(who=PEOPLE, where=PLACES, kind=st.sampled_from([Redeploy, RollBack, LiftHold]))
    def ask_for(self, who: str, where: UUID, kind: type[Redeploy | RollBack | LiftHold]) -> None:
        self.ask(kind(environment_id=where), who)

    @rule(who=PEOPLE, where=PLACES, typed=st.booleans())
    def tear_down(self, who: str, where: UUID, *, typed: bool) -> None:
        confirm = NAMES[where] if typed else "yes"
        self.ask(TearDown(environment_id=where, confirm=confirm), who)

    @precondition(lambda self: self.requests)
    @rule(who=PEOPLE, choice=st.data())
    def cancel(self, who: str, choice: st.DataObject) -> None:
        request = self.drawn(choice)
        self.ask(
            Cancel(environment_id=request.environment_id, deployment_id=request.deployment_id),
            who,
        )

    @precondition(lambda self: self.waiting())
    @rule(who=PEOPLE, choice=st.data(), stale=st.booleans())
    def approve(self, who: str, choice: st.DataObject, *, stale: bool) -> None:
        request = choice.draw(st.sampled_from(self.waiting()))
        approval = approval_of(request)
        self.ask(approval.model_copy(update={"content": "0" * 64}) if stale else approval, who)

    @precondition(lambda self: self.waiting())
    @rule(who=PEOPLE, choice=st.data())
    def pass_the_freeze(self, who: str, choice: st.DataObject) -> None:
        request = choice.draw(st.sampled_from(self.waiting()))
        self.ask(
            OverrideFreeze(
                environment_id=request.environment_id,
                deployment_id=request.deployment_id,
                reason="it cannot wait",
            ),
            who,
        )

    @rule(where=PLACES, value=st.sampled_from(["red", "blue"]))
    def set_a_variable(self, where: UUID, value: str) -> None:
        changed = VariableSet(application_id=SHOP, environment_id=where, name="COLOUR", value=value)
        self.world.configure([changed])

    @rule(where=st.sampled_from([STAGING, PRODUCTION]), automatic=st.booleans())
    def let_pushes_deploy(self, where: UUID, *, automatic: bool) -> None:
        self.world.change(
            ConfigureEnvironment(
                application_id=SHOP,
                environment_id=where,
                change=SettingsChange(branch="main", automatic=automatic),
            )
        )

    @rule(where=PLACES, production=st.booleans())
    def classify(self, where: UUID, *, production: bool) -> None:
        command = ClassifyEnvironment(
            application_id=SHOP, environment_id=where, production=production
        )
        refused = self.world.change(command)
        assert refused or where != DEVELOPMENT or not production, "pushes deploy it"

    @rule(where=st.sampled_from([STAGING, PRODUCTION]))
    def make_it_production_while_a_push_waits(self, where: UUID) -> None:
        """What would let a push slip into production, so that it happens often enough."""
        self.classify(where=where, production=False)
        self.let_pushes_deploy(where=where, automatic=True)
        self.push(forced=False, delivered=True)
        self.everything_told_is_lawful()
        self.let_pushes_deploy(where=where, automatic=False)
        self.classify(where=where, production=True)

    # What builders, the clock and bad luck do

    @precondition(lambda self: self.runs)
    @rule(choice=st.data())
    def take(self, choice: st.DataObject) -> None:
        self.world.taken.add(choice.draw(st.sampled_from(self.runs)).run_id)

    @precondition(lambda self: self.active)
    @rule(choice=st.data())
    def finish(self, choice: st.DataObject) -> None:
        where = choice.draw(st.sampled_from(sorted(self.active)))
        self.reported(self.holding(where), RunSucceeded)

    @precondition(lambda self: self.runs)
    @rule(choice=st.data(), kind=st.sampled_from(get_args(Reported)))
    def report(self, choice: st.DataObject, kind: type[Reported]) -> None:
        self.reported(choice.draw(st.sampled_from(self.runs)), kind)

    @precondition(lambda self: self.runs)
    @rule(choice=st.data(), silent=st.booleans())
    def expire(self, choice: st.DataObject, *, silent: bool) -> None:
        run = choice.draw(st.sampled_from(self.runs))
        command = ExpireRun(environment_id=run.environment_id, run_id=run.run_id, silent=silent)
        self.ask(command, "service:orchestrator")

    @precondition(lambda self: self.repeats)
    @rule(choice=st.data())
    def repeat(self, choice: st.DataObject) -> None:
        command, id_, who = choice.draw(st.sampled_from(self.repeats))
        before = len(self.world.told)
        answered = self.world.ask(command, id_=id_, actor=who)
        if not isinstance(answered, Illegal) and before == len(self.world.told):
            assert answered == []

    @rule()
    def crash(self) -> None:
        self.world.crash()

    @rule(hours=st.sampled_from([1, 7, 24, 170]))
    def wait(self, hours: int) -> None:
        self.world.pass_time(timedelta(hours=hours))

    # What holds, always

    @invariant()
    def everything_told_is_lawful(self) -> None:
        told, self.checked = self.world.told[self.checked :], len(self.world.told)
        for where, event in told:
            self.check(where, event)

    @invariant()
    def nothing_is_lost(self) -> None:
        there = {request.deployment_id for request in self.waiting()}
        there |= set(self.active.values())
        assert set(self.requests) == there | self.ended

    @invariant()
    def production_is_never_automatic(self) -> None:
        for where, state in self.world.states.items():
            environment = self.world.application.environment(where)
            if environment.production:
                assert not environment.settings.automatic
                running = [state.slot.request] if isinstance(state.slot, Running) else []
                requests = [*running, *(waiting.request for waiting in state.waiting)]
                assert not [request for request in requests if is_automatic(request)]

    @invariant()
    def one_push_waits_at_most_where_the_latest_wins(self) -> None:
        for where, state in self.world.states.items():
            pushes = [w for w in state.waiting if is_automatic(w.request)]
            queue = self.world.application.environment(where).settings.queue
            assert len(pushes) <= 1 or queue is QueuePolicy.ALL

    @override
    def teardown(self) -> None:
        """Let everything come to its end: the newest push is where it belongs."""
        if not hasattr(self, "world"):
            return
        for pushed in self.undelivered:
            self.world.deliver(pushed)
        self.world.poll()
        for _ in range(400):
            self.everything_told_is_lawful()
            if not self.settle():
                break
        self.everything_told_is_lawful()
        assert not self.active
        assert not self.waiting()
        self.newest_is_there()

    # How it is told

    def ask(self, command: Question, who: str) -> None:
        self.asked += 1
        id_ = deployment(self.asked)
        self.repeats = [*self.repeats[-5:], (command, id_, who)]
        answered = self.world.ask(command, id_=id_, actor=who)
        if isinstance(answered, Illegal):
            assert str(answered).strip()
            assert answered.rule

    def reported(self, run: DeployStarted, kind: type[Reported]) -> None:
        slot = self.world.state(run.environment_id).slot
        holds = isinstance(slot, Running) and slot.is_run(run.run_id)
        self.asked += 1
        id_ = derived_id("report", self.asked)
        answered = self.world.ask(self.fact(kind, run), id_=id_, actor="service:builder")
        assert isinstance(answered, IllegalFact) is not holds

    def fact(self, kind: type[Reported], run: DeployStarted) -> Reported:
        commit = self.requests[run.deployment_id].commit
        newest = self.world.heads[-1] if self.world.heads else "a" * 40
        return reported(kind, run, brings=release(commit or newest))

    def holding(self, where: UUID) -> DeployStarted:
        slot = self.world.state(where).slot
        assert isinstance(slot, Running)
        return slot.run

    def drawn(self, choice: st.DataObject) -> DeployRequested:
        return choice.draw(st.sampled_from(list(self.requests.values())))

    def waiting(self) -> list[DeployRequested]:
        states = self.world.states.values()
        return [waiting.request for state in states for waiting in state.waiting]

    def settle(self) -> bool:
        """Take one step towards the end; False when there is none left."""
        for run in self.runs:
            slot = self.world.state(run.environment_id).slot
            if isinstance(slot, Running) and slot.is_run(run.run_id):
                self.reported(run, RunSucceeded)
                return True
        if self.waiting():
            self.world.pass_time(timedelta(hours=5))
            return True
        return False

    def check(self, where: UUID, event: Message) -> None:
        match event:
            case DeployRequested():
                self.requested(where, event)
            case PromotionApproved():
                self.approved.setdefault(event.deployment_id, set()).add(event.approver)
            case FreezeOverridden():
                self.overridden.add(event.deployment_id)
            case ContentChanged():
                changed = {"target": event.target}
                request = self.requests[event.deployment_id]
                self.requests[event.deployment_id] = request.model_copy(update=changed)
                self.approved.pop(event.deployment_id, None)
            case DeployStarted():
                self.started(where, event)
            case _:
                self.holds(where, event)
                self.ends(where, event)

    def requested(self, where: UUID, event: DeployRequested) -> None:
        self.requests[event.deployment_id] = event
        person = (event.asked_by or "").startswith("person:")
        environment = self.world.application.environment(where)
        by_hand = event.trigger is Trigger.PERSON and person
        assert environment.settings.automatic or by_hand
        assert not environment.production or (by_hand and event.kind is not DeployKind.DEPLOY)
        assert person or where not in self.held, "pushes were held"
        brings_new = event.kind in (DeployKind.DEPLOY, DeployKind.PROMOTE)
        assert not brings_new or event.commit not in self.barred.get(where, ())

    def holds(self, where: UUID, event: Message) -> None:
        if isinstance(event, AutomaticHeld):
            self.barred.setdefault(where, set()).update(filter(None, [event.commit]))
            self.held.add(where)
        elif isinstance(event, HoldLifted | EnvironmentTornDown):
            self.barred.pop(where, None)
            self.held.discard(where)

    def ends(self, where: UUID, event: Message) -> None:
        if isinstance(event, ENDS):
            assert event.deployment_id not in self.ended, "it ended twice"
            self.ended.add(event.deployment_id)
            if self.active.get(where) == event.deployment_id:
                del self.active[where]

    def started(self, where: UUID, event: DeployStarted) -> None:
        assert self.active.get(where, event.deployment_id) == event.deployment_id, "two at once"
        earlier = [run.fence for run in self.runs if run.environment_id == where]
        assert event.fence > max(earlier, default=0)
        self.active[where] = event.deployment_id
        self.runs.append(event)
        request = self.requests[event.deployment_id]
        environment = self.world.application.environment(where)
        assert not (environment.production and is_automatic(request)), "a push in production"
        settings_now = environment.settings
        if event.attempt == 1 and request.kind is not DeployKind.ROLLBACK:
            frozen = frozen_until(settings_now.windows, self.world.now)
            assert frozen is None or event.deployment_id in self.overridden, "it was frozen"
        needs = request.target.settings.approvals
        if needs and request.kind in BRINGS:
            who = self.approved.get(event.deployment_id, set())
            counted = who if needs.own else who - {request.asked_by or ""}
            assert len(counted) >= needs.needed, "nobody approved it"

    def newest_is_there(self) -> None:
        """The newest head was deployed, or is skipped for a reason that is recorded."""
        newest = self.world.heads[-1] if self.world.heads else None
        decided = [
            event.commit
            for where, event in self.world.told
            if where == DEVELOPMENT
            and (
                isinstance(event, DeploySkipped)
                or (isinstance(event, DeployRequested) and is_automatic(event))
            )
        ]
        assert newest is None or decided[-1] == newest
        assert isinstance(self.world.state(DEVELOPMENT).slot, Free)


Rules.TestCase.settings = settings(
    max_examples=EXAMPLES,
    stateful_step_count=50,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # shrinking takes minutes
    report_multiple_bugs=False,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
TestRules = Rules.TestCase
