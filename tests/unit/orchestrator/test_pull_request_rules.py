"""Pull requests opened, moved, closed and reopened, told late, twice or never: the rules hold.

`make rules EXAMPLES=2000` tries more of it than a test run does.
"""

import os
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from typing_extensions import override

from services.orchestrator.domain import application, pull_requests
from services.orchestrator.domain.connected import Application, Surroundings
from services.orchestrator.domain.following import PullRequest
from services.orchestrator.domain.slot import Environment
from tests.support.deployments import DEVELOPMENT, SHOP, shop
from tests.support.spec import NOW
from trellis_contracts.applications import ApplicationCommand, EnvironmentAdded
from trellis_contracts.lifecycles import RemoveEnvironment
from trellis_contracts.message import Message
from trellis_contracts.names import EnvironmentId
from trellis_contracts.pull_requests import (
    Ending,
    FollowPullRequests,
    PullRequestEnded,
    PullRequestFact,
    PullRequestOpened,
    PullRequestRule,
    ServePullRequest,
)

EXAMPLES = int(os.environ.get("RULES_EXAMPLES", "100"))
NUMBERS = st.integers(1, 4)
FORKS = frozenset({4})
CLEAR = Environment()
OCCUPIED = replace(CLEAR, touched=True)


@dataclass
class Remote:
    """A pull request as the forge knows it."""

    open: bool
    commit: int
    at: datetime


class PullRequestRules(RuleBasedStateMachine):
    """A forge, its deliveries, and the reactor that follows them: all in memory."""

    def __init__(self) -> None:
        super().__init__()
        self.now = NOW
        self.application: Application = shop()
        self.forge: dict[int, Remote] = {}
        self.deliveries: list[PullRequestFact] = []
        self.unheard: set[int] = set()
        self.held: dict[EnvironmentId, Environment] = {}

    def decide(self, question: PullRequestFact | ApplicationCommand) -> list[Message]:
        """Decide on something and take it in."""
        held = {one: self.held.get(one, CLEAR) for one in self.application.environments}
        decided = application.decide(
            question, self.application, context=Surroundings(held=held), now=self.now
        )
        for event in decided:
            after = application.evolve(self.application, event, at=self.now)
            assert isinstance(after, Application)
            self.application = after
            if isinstance(event, EnvironmentAdded):
                self.held[event.environment_id] = OCCUPIED
                assert self.application.pull_requests.rule is not None
                assert len(self.theirs()) <= self.application.pull_requests.rule.at_once
        return [*decided]

    def theirs(self) -> dict[EnvironmentId, int]:
        """The environments of pull requests."""
        line = self.application.environments.items()
        return {id_: one.pull_request for id_, one in line if one.pull_request is not None}

    def tell(self, number: int) -> None:
        """Have the forge send how a pull request stands."""
        remote = self.forge[number]
        if not remote.open:
            ended = PullRequestEnded(
                application_id=SHOP, number=number, why=Ending.CLOSED, updated_at=remote.at
            )
            self.deliveries.append(ended)
            return
        opened = PullRequestOpened(
            application_id=SHOP,
            number=number,
            foreign=number in FORKS,
            branch=f"branch-{number}",
            commit=f"{remote.commit:040x}",
            updated_at=remote.at,
        )
        self.deliveries.append(opened)

    @rule(number=NUMBERS)
    def open_or_move_on(self, number: int) -> None:
        """Open it, reopen it, or push to it."""
        self.now += timedelta(seconds=1)
        known = self.forge.get(number)
        self.forge[number] = Remote(open=True, commit=known.commit + 1 if known else 1, at=self.now)
        self.tell(number)

    @precondition(lambda self: any(one.open for one in self.forge.values()))
    @rule(data=st.data())
    def close(self, data: st.DataObject) -> None:
        self.now += timedelta(seconds=1)
        there = sorted(number for number, one in self.forge.items() if one.open)
        number = data.draw(st.sampled_from(there))
        self.forge[number] = replace(self.forge[number], open=False, at=self.now)
        self.tell(number)

    @precondition(lambda self: self.deliveries)
    @rule(data=st.data(), again=st.booleans(), lost=st.booleans())
    def deliver(self, data: st.DataObject, *, again: bool, lost: bool) -> None:
        """Deliver any of them, maybe once more later, or never."""
        place = data.draw(st.integers(0, len(self.deliveries) - 1))
        fact = self.deliveries[place]
        if not again:
            self.deliveries.pop(place)
        if lost and not again:
            self.unheard.add(fact.number)
        else:
            self.decide(fact)

    @rule(at_once=st.integers(1, 3), off=st.booleans())
    def follow(self, at_once: int, *, off: bool) -> None:
        following = PullRequestRule(template=DEVELOPMENT, days=2, at_once=at_once)
        self.decide(FollowPullRequests(application_id=SHOP, following=None if off else following))

    @rule(hours=st.sampled_from([1] * 19 + [50]))
    def pass_time(self, hours: int) -> None:
        self.now += timedelta(hours=hours)

    @rule(data=st.data())
    def tear_down(self, data: st.DataObject) -> None:
        """Some teardowns succeed, of those that are over; others go on failing."""
        over = [one for one in self.theirs() if self.application.is_over(one)]
        for one in data.draw(st.lists(st.sampled_from(over), unique=True)) if over else []:
            self.held[one] = CLEAR

    @rule()
    def tick(self) -> None:
        self.go_on()

    def go_on(self) -> bool:
        """Do what the reactor does; say whether there was anything."""
        self.now += timedelta(seconds=1)
        before = self.application
        followed = self.application.pull_requests
        for late in [*pull_requests.overdue(followed, self.application.moved, self.now)]:
            self.decide(PullRequestEnded(application_id=SHOP, number=late.number, why=Ending.STALE))
        for request, _ in [*self.unserved()]:
            self.decide(ServePullRequest(application_id=SHOP, number=request.number))
        for one in self.theirs():
            if self.application.is_over(one) and self.held[one].is_clear:
                name = self.application.environments[one].name
                self.decide(
                    RemoveEnvironment(application_id=SHOP, environment_id=one, confirm=name)
                )
        return self.application != before

    def unserved(self) -> list[tuple[PullRequest, object]]:
        line = self.application.environments
        return [*pull_requests.unserved(self.application.pull_requests, line)]

    @invariant()
    def no_fork_has_an_environment(self) -> None:
        assert FORKS.isdisjoint(self.theirs().values())

    @invariant()
    def none_is_production_and_none_shares_a_stage(self) -> None:
        line = self.application.environments.values()
        assert not any(one.production for one in line if one.pull_request is not None)
        assert len({one.stage for one in line}) == len({one.name for one in line}) == len(line)

    @invariant()
    def what_is_over_is_deployed_by_nothing(self) -> None:
        over = {one for one in self.theirs() if self.application.is_over(one)}
        for number in self.theirs().values():
            assert over.isdisjoint(self.application.bound_to(f"branch-{number}"))

    @override
    def teardown(self) -> None:
        """Once all is heard and torn down, there is what there should be, and nothing else."""
        for fact in self.deliveries:
            self.decide(fact)
        while True:
            self.held.update({one: CLEAR for one in self.theirs() if self.application.is_over(one)})
            if not self.go_on():
                break
        there = set(self.theirs().values())
        assert not any(self.application.is_over(one) for one in self.theirs())
        rule_now = self.application.pull_requests.rule
        heard = {number for number, one in self.application.pull_requests.open.items()}
        wanted = heard - FORKS if rule_now else set()
        assert there <= wanted
        assert there == wanted or (rule_now and len(there) >= rule_now.at_once)
        for number in set(self.forge) - self.unheard - self.stale():
            assert (number in heard) is self.forge[number].open

    def stale(self) -> set[int]:
        """What nobody has touched for longer than any rule allows is not told apart here."""
        limit = self.now - timedelta(days=2)
        return {number for number, one in self.forge.items() if one.at <= limit}


PullRequestRules.TestCase.settings = settings(
    max_examples=EXAMPLES,
    stateful_step_count=40,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    report_multiple_bugs=False,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
TestPullRequestRules = PullRequestRules.TestCase
