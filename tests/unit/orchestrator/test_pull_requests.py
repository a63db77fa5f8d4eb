"""Pull requests: which get an environment, what it is like, and when it goes."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from services.orchestrator.domain import environment, pull_requests
from services.orchestrator.domain.application import decide, evolve
from services.orchestrator.domain.connected import Application, ApplicationState, Surroundings
from services.orchestrator.domain.context import Context
from services.orchestrator.domain.lifecycle_refusals import (
    IllegalClass,
    IllegalEnded,
    IllegalInherited,
    IllegalLast,
    IllegalLeaving,
    IllegalTemplate,
)
from services.orchestrator.domain.pull_requests import next_environment
from services.orchestrator.domain.refusals import IllegalEnvironment
from services.orchestrator.domain.slot import Environment
from tests.support.deployments import (
    ANA,
    DEVELOPMENT,
    PRODUCTION,
    SHOP,
    STAGING,
    A,
    B,
    requested,
    shop,
    started,
    succeeded,
)
from tests.support.lifecycles import EMPTY, ask, given
from tests.support.spec import BEGAN, NOW, Spec
from trellis_contracts.applications import (
    ConfigureEnvironment,
    CredentialsStored,
    EnvironmentAdded,
    EnvironmentConfigured,
    SecretStored,
    SetVariable,
    VariableSet,
)
from trellis_contracts.deployments import RequestDeploy, TearDown
from trellis_contracts.lifecycles import (
    ApplicationDeletionRequested,
    ClassifyEnvironment,
    EnvironmentRemoved,
    Mover,
    RemoveEnvironment,
    ReorderEnvironments,
    RepositoryMoved,
)
from trellis_contracts.message import Message
from trellis_contracts.names import added_environment_id, derived_id
from trellis_contracts.pull_requests import (
    Ending,
    FollowPullRequests,
    Hindrance,
    PullRequestEnded,
    PullRequestHindered,
    PullRequestOpened,
    PullRequestRule,
    PullRequestsFollowed,
    ServePullRequest,
)
from trellis_contracts.pushes import BranchHeadObserved, BranchUnobservable, HeadSource
from trellis_contracts.settings import EnvironmentSettings, SettingsChange

RULE = PullRequestRule(template=DEVELOPMENT, days=3, at_once=2)
FOLLOWED = PullRequestsFollowed(application_id=SHOP, following=RULE)
OFF = PullRequestsFollowed(application_id=SHOP, following=None)
SERVE = ServePullRequest(application_id=SHOP, number=7)
EARLIER, LATER = BEGAN - timedelta(minutes=5), BEGAN + timedelta(minutes=5)


def opened(
    number: int = 7, commit: str = A, *, branch: str = "basket", foreign: bool = False,
    at: datetime = BEGAN,
) -> PullRequestOpened:  # fmt: skip
    return PullRequestOpened(
        application_id=SHOP,
        number=number,
        foreign=foreign,
        branch=branch,
        commit=commit,
        updated_at=at,
    )


def ended(
    number: int = 7, why: Ending = Ending.CLOSED, *, at: datetime | None = BEGAN
) -> PullRequestEnded:
    return PullRequestEnded(application_id=SHOP, number=number, why=why, updated_at=at)


def served(number: int = 7, branch: str = "basket", **changed: object) -> EnvironmentAdded:
    """What gives pull request its environment, which was opened when everything began."""
    settings = EnvironmentSettings(branch=branch, automatic=True)
    return EnvironmentAdded(
        application_id=SHOP,
        environment_id=of(number),
        name=f"pr-{number}",
        stage=f"pr-{number}",
        production=False,
        settings=settings.model_copy(update=changed),
        pull_request=number,
        template=DEVELOPMENT,
    )


def of(number: int = 7, turn: int = 0) -> UUID:
    told = "pull request", number, "basket", BEGAN.isoformat(), turn
    return added_environment_id(SHOP, SHOP, *told)


def configured(environment_id: UUID = DEVELOPMENT, **fields: object) -> EnvironmentConfigured:
    settings = EnvironmentSettings.model_validate({"branch": "main", "automatic": True, **fields})
    return EnvironmentConfigured(
        application_id=SHOP, environment_id=environment_id, settings=settings
    )


def head(branch: str = "basket", commit: str = B) -> BranchHeadObserved:
    return BranchHeadObserved(
        application_id=SHOP, branch=branch, commit=commit, source=HeadSource.PUSH
    )


class TestOpening:
    def test_one_that_is_open_gets_an_environment_like_the_template(self) -> None:
        given(FOLLOWED, opened()).when(ask(SERVE)).then(served())

    def test_the_template_gives_its_settings_but_not_its_stack_nor_its_approvals(self) -> None:
        template = configured(
            region="eu-west-1", tests=True, stack_name="legacy", adopts=("old",),
            approvals={"needed": 1},
            windows=({"kind": "deny", "opens": "* * * * *", "minutes": 5},),
        )  # fmt: skip
        added = served(region="eu-west-1", tests=True)
        given(template, FOLLOWED, opened()).when(ask(SERVE)).then(added)

    def test_nobody_who_did_not_ask_for_it_gets_one(self) -> None:
        given(opened()).when(ask(SERVE)).then_nothing()
        given(FOLLOWED, OFF, opened()).when(ask(SERVE)).then_nothing()

    def test_those_that_are_open_when_it_is_switched_on_get_theirs(self) -> None:
        given(opened(), FOLLOWED).when(ask(SERVE)).then(served())

    def test_one_that_has_its_environment_gets_no_other(self) -> None:
        given(FOLLOWED, opened(), served()).when(ask(SERVE)).then_nothing()
        moved_on = opened(commit=B)
        given(FOLLOWED, opened(), served(), moved_on).when(ask(SERVE)).then_nothing()

    def test_one_from_a_fork_never_gets_one_and_that_is_said_once(self) -> None:
        hindered = PullRequestHindered(application_id=SHOP, number=7, why=Hindrance.FOREIGN)
        fork = given(FOLLOWED, opened(foreign=True))
        fork.when(ask(SERVE)).then(hindered)
        fork.and_then(hindered).when(ask(SERVE)).then_nothing()

    def test_one_that_becomes_a_forks_loses_its_own(self) -> None:
        application = shop(FOLLOWED, opened(), served(), opened(foreign=True))
        assert application.is_over(of())

    def test_a_branch_that_a_push_deploys_already_is_not_deployed_twice(self) -> None:
        hindered = PullRequestHindered(application_id=SHOP, number=7, why=Hindrance.DEPLOYED)
        given(FOLLOWED, opened(branch="main")).when(ask(SERVE)).then(hindered)

    def test_there_are_no_more_at_once_than_allowed_and_the_next_one_follows(self) -> None:
        full = given(FOLLOWED, opened(1), served(1), opened(2), served(2), opened())
        hindered = PullRequestHindered(application_id=SHOP, number=7, why=Hindrance.AT_ONCE)
        full.when(ask(SERVE)).then(hindered)
        gone = EnvironmentRemoved(application_id=SHOP, environment_id=of(1))
        full.and_then(hindered, ended(1), gone).when(ask(SERVE)).then(served())

    def test_one_that_is_reopened_waits_until_its_earlier_environment_is_gone(self) -> None:
        application = shop(FOLLOWED, opened(), served(), ended())
        later = Spec(application, lambda state, event, at: _evolve(state, event, at + _MINUTE))
        again = later.given(opened(at=LATER)).state
        assert isinstance(again, Application)
        [(request, why)] = pull_requests.unserved(again.pull_requests, again.environments)
        assert why is Hindrance.TAKEN
        assert next_environment(SHOP, request) != of()
        assert again.is_over(of())

    def test_a_pushed_branch_deploys_to_it(self) -> None:
        application = shop(FOLLOWED, opened(), served())
        assert application.bound_to("basket") == application.opened_for("basket") == (of(),)
        assert application.opened_for("main") == ()
        assert "basket" in application.followed()


class TestHearing:
    def test_what_is_heard_again_or_too_late_is_no_news(self) -> None:
        given(opened()).when(ask(opened())).then_nothing()
        given(opened(commit=B)).when(ask(opened(at=EARLIER))).then_nothing()
        given(opened(), ended(at=LATER)).when(ask(opened())).then_nothing()
        given(ended(at=LATER)).when(ask(opened())).then_nothing()
        given(ended()).when(ask(opened())).then_nothing()

    def test_a_closing_that_comes_late_does_not_close_what_was_reopened(self) -> None:
        given(opened(at=LATER)).when(ask(ended(at=BEGAN))).then_nothing()

    def test_what_is_closed_before_it_was_heard_of_is_remembered(self) -> None:
        given().when(ask(ended())).then(ended())
        given(ended()).when(ask(ended())).then_nothing()

    def test_what_is_over_is_remembered_for_so_many(self) -> None:
        many = [ended(number) for number in range(1, pull_requests.MOST_ENDED + 11)]
        kept = shop(*many).pull_requests.ended
        assert len(kept) == pull_requests.MOST_ENDED
        assert 1 not in kept


class TestEnding:
    def test_a_closed_one_needs_no_environment(self) -> None:
        application = shop(FOLLOWED, opened(), served(), ended())
        assert application.is_over(of())
        assert application.bound_to("basket") == ()
        assert "basket" not in application.followed()

    def test_switched_off_all_of_them_go(self) -> None:
        assert shop(FOLLOWED, opened(), served(), OFF).is_over(of())

    def test_switched_off_and_on_again_it_stays_or_gets_another_one(self) -> None:
        kept = shop(FOLLOWED, opened(), served(), OFF, FOLLOWED)
        assert not kept.is_over(of())
        gone = EnvironmentRemoved(application_id=SHOP, environment_id=of())
        again = given(FOLLOWED, opened(), served(), OFF, gone, FOLLOWED)
        another = served().model_copy(update={"environment_id": of(turn=1)})
        again.when(ask(SERVE)).then(another)

    def test_another_repository_has_other_pull_requests(self) -> None:
        moved = RepositoryMoved(
            application_id=SHOP,
            repository="https://github.com/acme/store",
            repository_name="acme/store",
            why=Mover.PERSON,
        )
        elsewhere = shop(FOLLOWED, opened(), served(), moved)
        assert elsewhere.is_over(of())
        assert elsewhere.bound_to("basket") == ()
        assert elsewhere.pull_requests.rule == RULE
        early = opened(at=EARLIER)
        given(FOLLOWED, opened(at=LATER), moved).when(ask(early)).then(early)
        renamed = moved.model_copy(update={"why": Mover.FORGE})
        assert not shop(FOLLOWED, opened(), served(), renamed).is_over(of())

    def test_it_never_becomes_production(self) -> None:
        classify = ClassifyEnvironment(application_id=SHOP, environment_id=of(), production=True)
        by_hand = configured(of(), branch="basket", automatic=False)
        held = {**EMPTY, of(): Environment()}
        there = given(FOLLOWED, opened(), served(), by_hand)
        there.when(ask(classify, held=held)).then_raises(IllegalClass, saying="pr-7")

    def test_lasting_environments_are_never_over(self) -> None:
        assert not shop(FOLLOWED, opened(), served(), OFF).is_over(DEVELOPMENT)

    def test_one_that_is_left_alone_is_over_after_its_days_and_not_before(self) -> None:
        stale = ended(why=Ending.STALE, at=None)
        waits = given(FOLLOWED, opened(), served())
        waits.when(at_day(stale, 2)).then_nothing()
        waits.when(at_day(stale, 3)).then(stale)
        waits.and_then(stale).when(at_day(stale, 3)).then_nothing()

    def test_a_push_to_its_branch_keeps_it(self) -> None:
        application = shop(FOLLOWED, opened(), served())
        pushed = Spec(application, lambda state, event, at: _evolve(state, event, at + _DAY))
        kept = pushed.given(head()).state
        stale = ended(why=Ending.STALE, at=None)
        assert at_day(stale, 3)(kept) == []
        assert at_day(stale, 4)(kept) == [stale]

    def test_a_branch_that_the_remote_has_no_more_ends_it(self) -> None:
        gone = BranchUnobservable(application_id=SHOP, branch="basket", detail="gone", gone=True)
        over = ended(why=Ending.BRANCH_DELETED, at=None)
        state = shop(FOLLOWED, opened(), served())
        assert look(gone, state, asked_at=LATER) == [gone, over]
        assert look(gone, state, asked_at=EARLIER) == [gone], "asked before it was opened"
        fork = shop(FOLLOWED, opened(foreign=True))
        assert look(gone, fork, asked_at=LATER) == [gone], "the fork has a branch of its own"
        assert look(gone, state, asked_at=None) == [gone]
        unreachable = gone.model_copy(update={"gone": False})
        assert look(unreachable, state, asked_at=LATER) == [unreachable]

    def test_while_it_goes_it_takes_its_teardown_only(self) -> None:
        application = shop(FOLLOWED, opened(), served(), ended())
        deployed = (requested(1), started(1), succeeded(1))
        state = Spec(Environment(), environment.evolve).given(*deployed).state
        context = Context(asked=derived_id("x"), actor=ANA, application=application,
                          environment_id=of())  # fmt: skip
        deploy = RequestDeploy(environment_id=of(), commit=B)
        with pytest.raises(IllegalEnded, match="Reopen the pull request"):
            environment.decide(deploy, state, context=context, now=NOW)
        teardown = TearDown(environment_id=of(), confirm="pr-7")
        asked, *_ = environment.decide(teardown, state, context=context, now=NOW)
        assert getattr(asked, "kind", None) == "teardown"

    def test_it_can_be_removed_once_it_holds_nothing(self) -> None:
        remove = RemoveEnvironment(application_id=SHOP, environment_id=of(), confirm="pr-7")
        removed = EnvironmentRemoved(application_id=SHOP, environment_id=of())
        held = {**EMPTY, of(): Environment()}
        given(FOLLOWED, opened(), served(), ended()).when(ask(remove, held=held)).then(removed)


class TestValues:
    def test_it_uses_the_values_of_its_template_as_they_are_when_it_is_deployed(self) -> None:
        ids = {"application_id": SHOP, "environment_id": DEVELOPMENT}
        application = shop(
            FOLLOWED, opened(), served(),
            VariableSet(**ids, name="COLOUR", value="red"),
            SecretStored(**ids, name="KEY", version=3),
            CredentialsStored(**ids, version=2),
        )  # fmt: skip
        target = application.target(of())
        assert target.values_of == DEVELOPMENT
        assert (target.variables, target.secrets) == ({"COLOUR": "red"}, {"KEY": 3})
        assert (target.credentials_version, target.stack_name) == (2, "shop-pr-7")
        assert application.target(DEVELOPMENT).values_of is None

    def test_it_has_none_of_its_own(self) -> None:
        command = SetVariable(application_id=SHOP, environment_id=of(), name="A", value="b")
        there = given(FOLLOWED, opened(), served())
        there.when(ask(command)).then_raises(IllegalInherited, saying="Set them there")

    def test_its_settings_can_be_changed(self) -> None:
        change = SettingsChange(tests=True)
        command = ConfigureEnvironment(application_id=SHOP, environment_id=of(), change=change)
        changed = configured(of(), branch="basket", tests=True)
        given(FOLLOWED, opened(), served()).when(ask(command)).then(changed)


class TestFollowing:
    def test_it_is_switched_on_changed_and_off(self) -> None:
        command = FollowPullRequests(application_id=SHOP, following=RULE)
        given().when(ask(command)).then(FOLLOWED)
        given(FOLLOWED).when(ask(command)).then_nothing()
        off = FollowPullRequests(application_id=SHOP, following=None)
        given(FOLLOWED).when(ask(off)).then(OFF)

    def test_the_template_is_there_and_is_neither_production_nor_a_pull_requests(self) -> None:
        refused(derived_id("nobody"), IllegalEnvironment, "There is no environment")
        refused(PRODUCTION, IllegalTemplate, "production is a production environment")
        refused(of(), IllegalTemplate, "pr-7 is a pull request's own")

    def test_the_template_cannot_be_removed_while_it_is_one(self) -> None:
        remove = RemoveEnvironment(
            application_id=SHOP, environment_id=DEVELOPMENT, confirm="development"
        )
        given(FOLLOWED).when(ask(remove)).then_raises(IllegalTemplate, saying="another one")
        still_used = given(FOLLOWED, opened(), served(), OFF)
        still_used.when(ask(remove)).then_raises(IllegalTemplate, saying="is the template")

    def test_the_template_cannot_become_production(self) -> None:
        classify = ClassifyEnvironment(application_id=SHOP, environment_id=STAGING, production=True)
        rule = RULE.model_copy(update={"template": STAGING})
        followed = PullRequestsFollowed(application_id=SHOP, following=rule)
        given(followed).when(ask(classify)).then_raises(IllegalTemplate, saying="is the template")

    def test_an_application_that_is_being_deleted_takes_no_rule(self) -> None:
        command = FollowPullRequests(application_id=SHOP, following=RULE)
        leaving = ApplicationDeletionRequested(application_id=SHOP)
        given(leaving).when(ask(command)).then_raises(IllegalLeaving, saying="being deleted")


class TestLine:
    def test_they_have_no_place_in_the_order_of_promotion(self) -> None:
        order = (PRODUCTION, STAGING, DEVELOPMENT)
        command = ReorderEnvironments(application_id=SHOP, environments=order)
        there = given(FOLLOWED, opened(), served())
        [reordered] = there.when(ask(command)).decide()
        after = there.and_then(reordered).state
        assert isinstance(after, Application)
        assert [*after.environments] == [*order, of()]

    def test_the_last_lasting_environment_stays(self) -> None:
        gone = [
            EnvironmentRemoved(application_id=SHOP, environment_id=one)
            for one in (STAGING, PRODUCTION)
        ]
        remove = RemoveEnvironment(
            application_id=SHOP, environment_id=DEVELOPMENT, confirm="development"
        )
        given(*gone).when(ask(remove)).then_raises(IllegalLast, saying="last environment")


_MINUTE, _DAY = timedelta(minutes=1), timedelta(days=1)


def _evolve(state: ApplicationState, event: Message, at: datetime) -> Application:
    after = evolve(state, event, at=at)
    assert isinstance(after, Application)
    return after


def refused(template: UUID, illegal: type[Exception], saying: str) -> None:
    command = FollowPullRequests(
        application_id=SHOP, following=RULE.model_copy(update={"template": template})
    )
    there = given(FOLLOWED, opened(), served())
    there.when(ask(command)).then_raises(illegal, saying=saying)


def at_day(fact: PullRequestEnded, day: int) -> Callable[[ApplicationState], Sequence[Message]]:
    return lambda state: decide(fact, state, context=Surroundings(), now=BEGAN + _DAY * day)


def look(
    fact: BranchUnobservable, state: Application, *, asked_at: datetime | None
) -> list[Message]:
    return [*decide(fact, state, context=Surroundings(asked_at=asked_at), now=NOW)]
