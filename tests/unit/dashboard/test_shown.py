"""What pages show is made by pure functions of views."""

from datetime import timedelta

import pytest

from dashboard.shown import board as boards
from dashboard.shown.applications import rows
from dashboard.shown.cards import Card
from dashboard.shown.deployment import deployment as shown
from dashboard.shown.deployment import status_colour
from dashboard.shown.foreseen import Line
from dashboard.shown.settings import settings
from dashboard.shown.words import commit_url, who, why
from tests.support.dashboard import NOW, application, deployment, environment, release, sha
from trellis_contracts.deployments import DeployKind, Trigger
from trellis_contracts.names import derived_id
from trellis_contracts.parties import Party
from trellis_contracts.runs import ResourceProgress
from trellis_contracts.steps import Step
from trellis_contracts.views import (
    ApplicationView,
    DeploymentState,
    DeploymentView,
    FailureView,
    RunView,
    StackView,
    StepView,
)

DEVELOPMENT = derived_id("development")
FAILURE = FailureView(
    event="TestsFailed", sentence="The tests failed.", must_act=Party.AUTHOR, tail=("not ok 1",)
)


def running(number: int, **given: object) -> DeploymentView:
    resource = ResourceProgress(
        logical_id="Api", type="AWS::Api", status="CREATE_IN_PROGRESS", reason=None, at=NOW
    )
    stack = StackView(
        stack="shop", status="CREATE_IN_PROGRESS", done=1, total=4, resources=(resource,)
    )
    step = StepView(step=Step.DEPLOY, started_at=NOW - timedelta(seconds=5))
    run = RunView(
        run_id=derived_id("run"), attempt=2, builder="b", started_at=NOW, steps=(step,),
        stacks=(stack,),
    )  # fmt: skip
    fields = {"state": DeploymentState.RUNNING, "finished_at": None, "runs": (run,), "stacks": ()}
    return deployment(number, **{**fields, **given})


def board(view: ApplicationView, *history: DeploymentView) -> Card:
    return boards.cards(view, {DEVELOPMENT: history}, now=NOW)[0]


def test_a_card_says_what_runs_by_whom_and_since_when() -> None:
    card = board(application(environment(release=release(1))), deployment(1))

    assert card.live.commit == sha("1")[:7]
    assert card.live.message == "Change 1"
    assert card.live.by == "ana on GitHub"
    assert card.live.since == "8 min ago"
    assert card.live.commit_url == f"https://github.com/acme/shop/commit/{sha('1')}"
    assert card.live.address == "https://shop.example"
    assert (card.promote_to, card.can_promote) == ("staging", True)


def test_a_card_says_what_happens_and_how_far_it_is() -> None:
    at = environment(running=derived_id("deployment", 2), last=derived_id("deployment", 2))
    card = board(application(at), running(2))

    assert card.running.there
    assert card.running.title == "Deploy #2"
    assert (card.running.step, card.running.percent) == ("deploy 1/4", 25)
    assert not card.can_promote


def test_only_earlier_successes_can_be_gone_back_to() -> None:
    at = environment(release=release(3))
    failed = deployment(2, state=DeploymentState.FAILED, failure=FAILURE)
    gone = deployment(1, kind=DeployKind.TEARDOWN, stacks=())

    assert boards.earlier(at, [deployment(3), failed, gone]) == []
    assert [id_ for id_, _ in boards.earlier(at, [deployment(3), deployment(2)])] == [
        str(derived_id("deployment", 2))
    ]


def test_the_last_failure_is_said_until_something_else_happens() -> None:
    failed = deployment(2, state=DeploymentState.FAILED, failure=FAILURE)

    assert board(application(), failed).trouble == "Deploy #2 failed: The tests failed."
    assert board(application(), deployment(3), failed).trouble == ""


def test_a_release_that_is_gone_is_not_promoted() -> None:
    card = board(application(environment(release=release(1, gone=True))), deployment(1))

    assert card.live.gone
    assert not card.can_promote


def test_production_leads_nowhere_and_is_deployed_by_nobodys_push() -> None:
    card = boards.cards(application(), {}, now=NOW)[-1]

    assert (card.production, card.promote_to, card.source) == (True, "", "promoted by hand")


@pytest.mark.parametrize(
    ("given", "state", "said", "colour"),
    [
        ({}, None, "nothing yet", "gray"),
        ({"release": release(1)}, DeploymentState.SUCCEEDED, sha("1")[:7], "green"),
        ({"running": derived_id("deployment", 1)}, DeploymentState.RUNNING, "#1 running", "blue"),
        ({"waiting": (derived_id("deployment", 1),)}, DeploymentState.WAITING, "waiting", "gray"),
        ({}, DeploymentState.FAILED, "failed, runs nothing yet", "red"),
        ({}, DeploymentState.ERRORED, "errored, runs nothing yet", "orange"),
        ({"release": release(1, gone=True)}, None, f"{sha('1')[:7]} is gone", "orange"),
    ],
)
def test_the_list_has_a_lamp_for_each_environment(
    given: dict[str, object], state: DeploymentState | None, *, said: str, colour: str
) -> None:
    last = deployment(1, state=state) if state else None
    at = environment("development", **given, last=last.deployment_id if last else None)
    row = rows((application(at),), {last.deployment_id: last} if last else {})[0]

    assert (row.environments[0].said, row.environments[0].colour) == (said, colour)
    assert row.href == "/applications/shop"


def test_a_deployment_shows_steps_stacks_and_which_attempt_it_is() -> None:
    page = shown(running(2), "https://git.example/acme/shop", now=NOW)

    assert [(step.name, step.took, step.going_on) for step in page.steps] == [
        ("deploy", "5.0 s", True)
    ]
    assert (page.stacks[0].counted, page.stacks[0].resources[0].kind) == ("1 of 4", "Api")
    assert (page.attempt, page.commit_url, page.took) == ("attempt 2", "", "9 min 0 s")


def test_a_step_of_a_run_that_is_over_goes_on_no_more() -> None:
    step = shown(running(2, state=DeploymentState.ERRORED), "https://x/y", now=NOW).steps[0]

    assert (step.said, step.going_on, step.took) == ("broken off", False, "")


def test_a_failure_says_who_must_act_and_shows_its_last_lines() -> None:
    page = shown(
        deployment(1, state=DeploymentState.FAILED, failure=FAILURE), "https://x/y", now=NOW
    )

    assert page.failed.sentence == "The tests failed."
    assert "whoever writes the application" in page.failed.remedy
    assert page.failed.tail == "not ok 1"


@pytest.mark.parametrize(
    ("status", "colour"),
    [("CREATE_COMPLETE", "green"), ("UPDATE_IN_PROGRESS", "blue"), ("CREATE_FAILED", "red"),
     ("UPDATE_ROLLBACK_COMPLETE", "orange")],
)  # fmt: skip
def test_a_stacks_state_has_a_colour(status: str, colour: str) -> None:
    assert status_colour(status) == colour


def test_a_rollback_says_what_it_cannot_undo() -> None:
    back = deployment(2, kind=DeployKind.ROLLBACK, cannot_undo=("Data stays.",))

    assert shown(back, "https://x/y", now=NOW).foreseen == (Line("Data stays."),)


def test_secrets_are_shown_by_version_alone() -> None:
    page = settings(environment(secrets={"KEY": 3}, variables={"A": "b"}, credentials_version=None))

    assert [(one.name, one.value) for one in page.secrets] == [("KEY", "version 3")]
    assert [(one.name, one.value) for one in page.variables] == [("A", "b")]
    assert page.credentials == ""


def test_people_are_named_by_where_they_are_from() -> None:
    assert [who(actor) for actor in ("person:ana", "forge:ana", "service:orchestrator")] == [
        "ana", "ana on GitHub", "Trellis",
    ]  # fmt: skip
    assert why(deployment(1, trigger=Trigger.PERSON, actor="person:ana")) == "asked by ana"
    assert commit_url("https://github.com/acme/shop.git", "a" * 40).endswith(
        "shop/commit/" + "a" * 40
    )
