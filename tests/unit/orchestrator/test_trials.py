"""Trials: whose commit may be tried, with what, and how it ends."""

from datetime import datetime, timedelta

import pytest

from services.orchestrator.domain import trials
from services.orchestrator.domain.connected import Application
from services.orchestrator.domain.lifecycle_refusals import IllegalLeaving
from services.orchestrator.domain.trial_refusals import IllegalTrial
from tests.support.deployments import DEVELOPMENT, SHOP, A, B, shop
from tests.support.lifecycles import ask, given
from tests.support.spec import BEGAN, NOW
from trellis_contracts.applications import EnvironmentConfigured, SecretStored, VariableSet
from trellis_contracts.lifecycles import ApplicationDeletionRequested
from trellis_contracts.names import derived_id
from trellis_contracts.pull_requests import (
    Ending,
    PullRequestEnded,
    PullRequestOpened,
    PullRequestRule,
    PullRequestsFollowed,
)
from trellis_contracts.settings import EnvironmentSettings
from trellis_contracts.sizes import BuildSize
from trellis_contracts.trials import TrialEnded, TrialRequested, TryPullRequest

TRY = TryPullRequest(application_id=SHOP, number=8, commit=A)
DEADLINE = NOW + trials.PATIENCE


def opened(commit: str = A, *, foreign: bool = True, at: datetime = BEGAN) -> PullRequestOpened:
    return PullRequestOpened(
        application_id=SHOP,
        number=8,
        foreign=foreign,
        branch="main",
        commit=commit,
        updated_at=at,
    )


def asked(attempt: int = 1, commit: str = A, **settings: object) -> TrialRequested:
    return TrialRequested(
        application_id=SHOP,
        number=8,
        commit=commit,
        run_id=derived_id(SHOP, "trial", 8, BEGAN, commit, attempt),
        attempt=attempt,
        application="shop",
        repository="https://github.com/acme/shop",
        settings=EnvironmentSettings.model_validate({"tests": True, **settings}),
        deadline=DEADLINE,
    )


def ended(trial: TrialRequested, *, passed: bool = True, sentence: str = "So.") -> TrialEnded:
    return TrialEnded(
        application_id=SHOP,
        number=8,
        commit=trial.commit,
        run_id=trial.run_id,
        passed=passed,
        sentence=sentence,
    )


def test_the_commit_of_a_fork_is_tried_by_whoever_may_approve_it() -> None:
    given(opened()).when(ask(TRY)).then(asked())


def test_it_is_tested_as_the_template_is_and_gets_nothing_of_it() -> None:
    ids = {"application_id": SHOP, "environment_id": DEVELOPMENT}
    template = EnvironmentSettings(
        test_command="make test", size=BuildSize.LARGE, before_deploy="x", after_deploy="y",
        region="eu-west-1", stack_name="legacy",
    )  # fmt: skip
    before = given(
        EnvironmentConfigured(**ids, settings=template),
        VariableSet(**ids, name="COLOUR", value="red"),
        SecretStored(**ids, name="KEY", version=1),
        PullRequestsFollowed(application_id=SHOP, following=PullRequestRule(template=DEVELOPMENT)),
        opened(),
    )
    before.when(ask(TRY)).then(asked(test_command="make test", size=BuildSize.LARGE))


def test_one_that_goes_on_is_not_begun_again_and_one_that_ended_may_be() -> None:
    given(opened(), asked()).when(ask(TRY)).then_nothing()
    lost = asked().model_copy(update={"deadline": DEADLINE - timedelta(minutes=10)})
    given(opened(), lost).when(ask(TRY)).then(asked(2))
    given(opened(), asked(), ended(asked(), passed=False)).when(ask(TRY)).then(asked(2))


def test_a_commit_that_moved_on_is_another_one() -> None:
    moved = given(opened(), asked(), opened(B, at=BEGAN + timedelta(minutes=1)))
    moved.when(ask(TRY)).then_raises(IllegalTrial, saying="stands at bbbbbbb by now")
    again = TRY.model_copy(update={"commit": B})
    moved.when(ask(again)).then(asked(2, B))


@pytest.mark.parametrize(
    ("before", "saying"),
    [
        ((), "is not open"),
        ((opened(foreign=False),), "is not from a fork"),
        (
            (opened(), PullRequestEnded(application_id=SHOP, number=8, why=Ending.CLOSED)),
            "is not open",
        ),
    ],
)
def test_nothing_else_is_tried(before: tuple[PullRequestOpened], saying: str) -> None:
    given(*before).when(ask(TRY)).then_raises(IllegalTrial, saying=saying)


def test_an_application_that_is_being_deleted_tries_nothing() -> None:
    leaving = ApplicationDeletionRequested(application_id=SHOP)
    given(opened(), leaving).when(ask(TRY)).then_raises(IllegalLeaving, saying="being deleted")


def test_it_ends_once_and_by_its_own_run() -> None:
    given(opened(), asked()).when(ask(ended(asked()))).then(ended(asked()))
    given(opened(), asked(), ended(asked())).when(ask(ended(asked()))).then_nothing()
    given(opened(), asked()).when(ask(ended(asked(2)))).then_nothing()
    given().when(ask(ended(asked()))).then_nothing()


def test_what_no_builder_ends_ends_by_itself() -> None:
    application = shop(opened(), asked())
    [trial] = trials.under_way(application)
    assert trials.late(trial, DEADLINE - timedelta(seconds=1)) is None
    late = trials.late(trial, DEADLINE)
    assert late is not None
    assert not late.passed
    assert "`trellis builders`" in late.sentence
    assert application.has_pull_requests
    assert not of(opened(), asked(), late).has_pull_requests


def of(*events: PullRequestOpened | TrialRequested | TrialEnded) -> Application:
    after = shop(*events)
    assert [*trials.under_way(after)] == []
    return after
