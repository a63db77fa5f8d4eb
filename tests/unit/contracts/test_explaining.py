"""Why something was deployed, or was not."""

from datetime import UTC, datetime
from uuid import UUID

from trellis_contracts.deployments import DeployKind, Trigger
from trellis_contracts.explaining import why_commit, why_deployment, why_environment
from trellis_contracts.names import derived_id
from trellis_contracts.rules import Gate, GateKind, SkipReason
from trellis_contracts.sentences import outcome
from trellis_contracts.settings import EnvironmentSettings
from trellis_contracts.views import (
    ApplicationView,
    DeploymentState,
    DeploymentView,
    EnvironmentView,
    HoldView,
    SkipView,
)

AT = datetime(2026, 3, 1, tzinfo=UTC)
A, B, C = "a" * 40, "b" * 40, "c" * 40
ID = derived_id("x")
FOLLOWS = EnvironmentSettings(branch="main", automatic=True)


def environment(**fields: object) -> EnvironmentView:
    given = {"settings": FOLLOWS, **fields}
    return EnvironmentView.model_validate(
        {
            "environment_id": ID,
            "name": "development",
            "stage": "development",
            "production": False,
            **given,
        }
    )


def application(**fields: object) -> ApplicationView:
    return ApplicationView.model_validate(
        {
            "application_id": ID,
            "name": "shop",
            "repository": "https://github.com/acme/shop",
            "default_branch": "main",
            "created_at": AT,
            **fields,
        }
    )


def deployment(commit: str = A, number: int = 1, **fields: object) -> DeploymentView:
    return DeploymentView.model_validate(
        {
            "application_id": ID,
            "application": "shop",
            "environment_id": ID,
            "environment": "development",
            "deployment_id": UUID(int=number),
            "number": number,
            "kind": DeployKind.DEPLOY,
            "trigger": Trigger.PUSH,
            "state": DeploymentState.SUCCEEDED,
            "actor": "forge:ana",
            "branch": "main",
            "commit": commit,
            "requested_at": AT,
            "finished_at": AT,
            **fields,
        }
    )


def test_a_deployment_says_who_asked_for_it_and_how_it_ended() -> None:
    assert list(why_deployment(deployment())) == [
        "shop development #1 is to deploy aaaaaaa of main.",
        "A push of forge:ana to main asked for it.",
        "shop development #1 succeeded: development runs aaaaaaa.",
    ]


def test_a_deployment_says_what_it_waits_for_and_who_approved() -> None:
    gate = Gate(kind=GateKind.APPROVAL, sentence="1 of 2 approvals are missing")
    waits = deployment(
        state=DeploymentState.WAITING,
        trigger=Trigger.PERSON,
        actor="person:ana",
        gates=(gate,),
        approvers=("person:ben",),
        finished_at=None,
    )
    told = list(why_deployment(waits))
    assert "person:ana asked for it." in told
    assert "It waits: 1 of 2 approvals are missing." in told
    assert "person:ben approved it." in told


def test_what_runs_between_two_steps_is_running_and_no_more() -> None:
    run = {"run_id": ID, "attempt": 1, "builder": "b", "started_at": AT}
    assert outcome(deployment(state="running", runs=[run])).endswith("#1 is running.")


def test_a_deployment_that_was_superseded_says_so() -> None:
    gone = deployment(state=DeploymentState.SUPERSEDED)
    assert list(why_deployment(gone))[-1].endswith("a newer deployment took its place.")


def test_an_environment_says_what_holds_pushes_back() -> None:
    held = environment(hold=HoldView(number=3, barred=(B,), since=AT))
    told = list(why_environment(held, []))
    assert told[:2] == ["development runs nothing.", "A push to main deploys to it."]
    assert "pushes are held since the rollback #3" in told[2]
    assert "Barred: bbbbbbb" in told[2]


def test_production_says_that_only_people_reach_it() -> None:
    told = list(why_environment(environment(production=True), []))
    assert told[1].startswith("It is a production environment: only a person's promotion")


def test_a_skipped_commit_says_by_which_rule() -> None:
    skip = SkipView(
        branch="main", commit=B, reason=SkipReason.PATHS, detail="it changes nothing of a", at=AT
    )
    told = why_commit(environment(skipped=(skip,)), [], application=application(), commit=B[:7])
    assert list(told) == ["bbbbbbb of main was skipped: it changes nothing of a."]


def test_a_commit_that_was_deployed_says_how_that_went() -> None:
    told = list(why_commit(environment(), [deployment(A)], application=application(), commit=A[:7]))
    assert told[-1] == "shop development #1 succeeded: development runs aaaaaaa."


def test_an_unknown_commit_says_what_could_have_kept_it_away() -> None:
    shop = application(heads={"feature": C}, webhook_seen=False)
    told = list(why_commit(environment(), [deployment(A)], application=shop, commit=C[:7]))
    assert told == [
        "No deployment and no skipped push of ccccccc is known in development.",
        "A push to main deploys to it.",
        "ccccccc is the head of feature, which does not deploy here.",
        "No webhook has ever arrived, so branches are asked for news instead.",
    ]
