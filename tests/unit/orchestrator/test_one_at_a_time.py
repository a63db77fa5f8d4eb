"""Whatever is asked, reported and lost: one deployment at a time, and every one ends once."""

from typing import get_args
from uuid import UUID

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from services.orchestrator.domain.context import Context
from services.orchestrator.domain.deployment_refusals import IllegalFact
from services.orchestrator.domain.environment import EnvironmentQuestion, decide, evolve
from services.orchestrator.domain.refusals import Illegal
from services.orchestrator.domain.slot import Environment, Free, Running, is_automatic
from tests.support.deployments import ANA, DEVELOPMENT, deployment, release, shop
from tests.support.spec import NOW
from trellis_contracts.deployments import (
    Cancel,
    DeployCancelled,
    DeployRequested,
    DeployStarted,
    DeploySucceeded,
    DeploySuperseded,
    EnvironmentTornDown,
    ExpireRun,
    Redeploy,
    RequestDeploy,
    RollBack,
    TearDown,
    Trigger,
)
from trellis_contracts.failing import Failure
from trellis_contracts.failures import RunErrored, TestsFailed
from trellis_contracts.message import Message
from trellis_contracts.runs import RunAbandoned, RunCancelled, RunSucceeded

ENDS = (DeployCancelled, DeploySucceeded, DeploySuperseded, EnvironmentTornDown, Failure)
COMMITS = st.sampled_from(["a" * 40, "b" * 40, "c" * 40])
SHOP_NOW = shop()


class OneAtATime(RuleBasedStateMachine):
    """Builders that answer late, twice and after their time; people and pushes that ask at will."""

    def __init__(self) -> None:
        super().__init__()
        self.state = Environment()
        self.asked = 0
        self.runs: list[DeployStarted] = []
        self.requests: list[DeployRequested] = []
        self.ended: list[UUID] = []

    def ask(self, command: EnvironmentQuestion, *, taken: bool = True) -> list[Message]:
        self.asked += 1
        context = Context(
            asked=deployment(self.asked),
            actor=ANA,
            application=SHOP_NOW,
            environment_id=DEVELOPMENT,
            run_started=taken,
        )
        try:
            events = decide(command, self.state, context=context, now=NOW)
        except IllegalFact:
            raise
        except Illegal:
            return []
        for event in events:
            self.note(event)
            self.state = evolve(self.state, event, at=NOW)
        return [*events]

    def note(self, event: Message) -> None:
        if isinstance(event, DeployStarted):
            assert self.may_start(event), "two deployments at once"
            assert all(event.fence > earlier.fence for earlier in self.runs)
            self.runs.append(event)
        if isinstance(event, DeployRequested):
            self.requests.append(event)
        if isinstance(event, ENDS):
            assert event.deployment_id not in self.ended, "it ended twice"
            self.ended.append(event.deployment_id)

    def may_start(self, event: DeployStarted) -> bool:
        active = {run.deployment_id for run in self.runs} - set(self.ended)
        return active <= {event.deployment_id}

    @rule(commit=COMMITS, trigger=st.sampled_from([Trigger.PUSH, Trigger.HEAD]))
    def push(self, commit: str, trigger: Trigger) -> None:
        command = RequestDeploy(
            environment_id=DEVELOPMENT, commit=commit, branch="main", trigger=trigger
        )
        self.ask(command)
        pushes = [request for request in self.requests if request.trigger is not Trigger.PERSON]
        assert self.state.automatic == (pushes[-1] if pushes else None)

    @rule(commit=COMMITS)
    def deploy(self, commit: str) -> None:
        self.ask(RequestDeploy(environment_id=DEVELOPMENT, commit=commit))

    @rule(
        command=st.sampled_from(
            [
                Redeploy(environment_id=DEVELOPMENT),
                RollBack(environment_id=DEVELOPMENT),
                TearDown(environment_id=DEVELOPMENT, confirm="development"),
            ]
        )
    )
    def ask_for(self, command: Redeploy | RollBack | TearDown) -> None:
        self.ask(command)

    @precondition(lambda self: self.requests)
    @rule(choice=st.data(), taken=st.booleans())
    def cancel(self, choice: st.DataObject, *, taken: bool) -> None:
        request = choice.draw(st.sampled_from(self.requests))
        self.ask(
            Cancel(environment_id=DEVELOPMENT, deployment_id=request.deployment_id), taken=taken
        )

    @precondition(lambda self: self.runs)
    @rule(choice=st.data(), silent=st.booleans())
    def expire(self, choice: st.DataObject, *, silent: bool) -> None:
        run = choice.draw(st.sampled_from(self.runs))
        self.ask(ExpireRun(environment_id=DEVELOPMENT, run_id=run.run_id, silent=silent))

    @precondition(lambda self: self.runs)
    @rule(choice=st.data())
    def report(self, choice: st.DataObject) -> None:
        run = choice.draw(st.sampled_from(self.runs))
        kind: type[Reported] = choice.draw(st.sampled_from(get_args(Reported)))
        holds = isinstance(self.state.slot, Running) and self.state.slot.is_run(run.run_id)
        try:
            self.ask(_fact(kind, run))
        except IllegalFact:
            assert not holds
        else:
            assert holds, "a run that lost the environment was heard"

    @invariant()
    def nobody_waits_for_nothing(self) -> None:
        assert not (isinstance(self.state.slot, Free) and self.state.waiting)

    @invariant()
    def one_push_waits_at_most(self) -> None:
        assert sum(is_automatic(w.request) for w in self.state.waiting) <= 1

    @invariant()
    def nothing_is_lost(self) -> None:
        there = {w.request.deployment_id for w in self.state.waiting}
        if isinstance(self.state.slot, Running):
            there.add(self.state.slot.request.deployment_id)
        assert {r.deployment_id for r in self.requests} == there | set(self.ended)


Reported = RunSucceeded | RunCancelled | RunAbandoned | RunErrored | TestsFailed


def _fact(kind: type[Reported], run: DeployStarted) -> Reported:
    known = run.model_dump(include={"application_id", "environment_id", "deployment_id", "number"})
    more: dict[type[Message], dict[str, object]] = {
        RunSucceeded: {"release": release(), "seconds": 1},
        RunCancelled: {"cloud_touched": True},
        RunErrored: {"detail": "x"},
        TestsFailed: {"command": "npm test", "exit_code": 1},
    }
    return kind.model_validate({**known, "run_id": run.run_id, **more.get(kind, {})})


OneAtATime.TestCase.settings = settings(
    max_examples=150,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
TestOneAtATime = OneAtATime.TestCase
