"""The view of an application shows its pull requests, their environments and trials."""

from datetime import UTC, datetime

from tests.support.golden import sample
from tests.support.histories import Shop, sha
from tests.unit.projections.test_applications import Board
from trellis_contracts.applications import EnvironmentAdded
from trellis_contracts.explaining import why_environment
from trellis_contracts.lifecycles import Mover, RepositoryMoved
from trellis_contracts.message import Message
from trellis_contracts.names import derived_id
from trellis_contracts.pull_requests import (
    Ending,
    Hindrance,
    PullRequestEnded,
    PullRequestHindered,
    PullRequestOpened,
    PullRequestRule,
    PullRequestsFollowed,
)
from trellis_contracts.sentences import hindered, tried_as
from trellis_contracts.settings import EnvironmentSettings
from trellis_contracts.trials import TrialEnded, TrialRequested
from trellis_contracts.views import ApplicationView

SHOP = Shop()
OF = {"application_id": SHOP.application_id}
RULE = PullRequestRule(template=SHOP.environment())
FOLLOWED = PullRequestsFollowed(**OF, following=RULE)
SERVED = EnvironmentAdded(
    **OF,
    environment_id=derived_id("pr-7"),
    name="pr-7",
    stage="pr-7",
    production=False,
    settings=EnvironmentSettings(branch="basket", automatic=True),
    pull_request=7,
    template=SHOP.environment(),
)


def opened(number: int, *, foreign: bool = False, commit: int = 1) -> PullRequestOpened:
    return PullRequestOpened(
        **OF,
        number=number,
        foreign=foreign,
        branch="basket",
        commit=sha(commit),
        updated_at=datetime(2026, 3, 1, tzinfo=UTC),
    )


def shop(*events: Message) -> ApplicationView:
    return Board(*SHOP.created(), *events).application


def test_it_shows_how_they_are_followed_and_which_are_open() -> None:
    view = shop(FOLLOWED, opened(9), opened(7), opened(9, commit=2))
    assert view.following == RULE
    assert [(one.number, one.commit) for one in view.pull_requests] == [(7, sha(1)), (9, sha(2))]
    assert shop(FOLLOWED, PullRequestsFollowed(**OF, following=None)).following is None


def test_it_says_why_one_has_no_environment() -> None:
    why = PullRequestHindered(**OF, number=8, why=Hindrance.FOREIGN)
    [fork] = shop(opened(8, foreign=True), why).pull_requests
    assert fork.hindrance is Hindrance.FOREIGN
    assert "fork" in hindered(fork.hindrance)
    assert len({hindered(one) for one in Hindrance}) == len(Hindrance)


def test_an_environment_whose_pull_request_is_over_is_on_its_way_out() -> None:
    closed = PullRequestEnded(**OF, number=7, why=Ending.CLOSED)
    before, after = shop(FOLLOWED, opened(7), SERVED), shop(FOLLOWED, opened(7), SERVED, closed)
    assert [one.over for one in before.environments] == [False] * 4
    assert [one.over for one in after.environments] == [False, False, False, True]
    assert after.pull_requests == ()
    [*_, there] = after.environments
    assert "Pull request 7 is over: this is being torn down." in [*why_environment(there, ())]
    off = shop(FOLLOWED, opened(7), SERVED, PullRequestsFollowed(**OF, following=None))
    assert [one.over for one in off.environments] == [False, False, False, True]


def test_a_push_to_a_fork_changes_nothing_of_why_it_has_no_environment() -> None:
    why = PullRequestHindered(**OF, number=8, why=Hindrance.FOREIGN)
    [fork] = shop(opened(8, foreign=True), why, opened(8, foreign=True, commit=2)).pull_requests
    assert (fork.hindrance, fork.commit) == (Hindrance.FOREIGN, sha(2))


def test_followed_again_before_it_was_gone_it_stays() -> None:
    off = PullRequestsFollowed(**OF, following=None)
    again = shop(FOLLOWED, opened(7), SERVED, off, FOLLOWED)
    assert [one.over for one in again.environments] == [False] * 4


def test_another_repository_has_other_pull_requests() -> None:
    moved = RepositoryMoved(
        **OF, repository="https://github.com/a/b", repository_name="a/b", why=Mover.PERSON
    )
    view = shop(FOLLOWED, opened(7), SERVED, moved)
    assert view.pull_requests == ()
    assert view.environments[-1].over


def test_it_shows_how_a_trial_went() -> None:
    fields = {**sample(TrialRequested), **OF, "number": 8, "commit": sha(1)}
    asked = TrialRequested.model_validate(fields)
    named = asked.model_dump(include={"application_id", "number", "commit", "run_id"})
    failed = TrialEnded(**named, passed=False, sentence="`npm run test` failed.", tail=("1 of 2",))
    another = failed.model_copy(update={"run_id": derived_id("another"), "passed": True})

    [begun] = shop(opened(8, foreign=True), asked).pull_requests
    assert begun.trial
    assert begun.trial.passed is None
    [over] = shop(opened(8, foreign=True), asked, failed, another).pull_requests
    assert over.trial
    assert (over.trial.passed, over.trial.tail) == (False, ("1 of 2",))
    assert tried_as(over.trial) == "failed: `npm run test` failed."
    [kept] = shop(opened(8, foreign=True), asked, failed, opened(8, foreign=True)).pull_requests
    assert kept.trial == over.trial
