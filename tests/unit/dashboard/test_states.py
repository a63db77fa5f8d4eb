"""What a page holds and does, with played services: no server, no browser."""

import pytest

from dashboard.errors import Away, Declined, NotThere, SignedOut
from dashboard.rooms import rooms
from dashboard.shown.foreseen import Line
from dashboard.state.applications import Reading
from dashboard.state.asking import Asking
from dashboard.state.board import read_board
from dashboard.state.creating import Creating
from dashboard.state.deployment import read_deployment
from dashboard.state.here import staleness, visitor_of
from dashboard.state.settings import EnvironmentSettings
from dashboard.typed import commit_or_branch, wanted_settings
from dashboard.visitors import Visitor
from tests.support.dashboard import (
    Refusal,
    Services,
    application,
    deployment,
    done,
    environment,
    release,
    sha,
    signed_in,
    state,
    tab,
)
from tests.support.golden import sample
from trellis_contracts.foreseeing import DATA_STAYS
from trellis_contracts.names import derived_id
from trellis_contracts.previewing import PreviewState, PreviewView, preview_id_of
from trellis_contracts.views import DeploymentState

ANA = Visitor.of(signed_in("ana"))
DEVELOPMENT = f"/applications/{derived_id('shop')}/environments/{derived_id('development')}"
STAGING = f"/applications/{derived_id('shop')}/environments/{derived_id('staging')}"

REFUSED: Refusal = (
    409,
    {"title": "Conflict", "detail": "It runs that already.", "rule": "runs-already"},
)
INVALID: Refusal = (
    422,
    {"detail": "No.", "errors": [{"where": "body.name", "reason": "too short"}]},
)


@pytest.fixture
def asking(services: Services) -> Asking:
    services.shop = application(environment(release=release(2)))
    services.deployments = [deployment(2), deployment(1)]
    return state(tab(application="shop"), Asking)


async def test_a_promotion_is_looked_at_and_then_asked_for(
    asking: Asking, services: Services
) -> None:
    await done(asking, "ask", "promote", "staging")
    assert asking.open
    assert sha("2")[:7] in asking.question.sentence
    assert services.asked == []

    await done(asking, "confirm", {})

    source = {"source": str(derived_id("development"))}
    assert services.asked == [("POST", f"{STAGING}/promote", source)]
    assert not asking.open


async def test_a_refusal_is_said_before_anybody_confirms(
    asking: Asking, services: Services
) -> None:
    services.refusal = REFUSED

    await done(asking, "ask", "promote", "staging")

    assert asking.refusal == "It runs that already."
    assert services.asked == []


async def test_a_refusal_leaves_the_dialog_open(asking: Asking, services: Services) -> None:
    await done(asking, "ask", "redeploy", "development")
    services.refusal = REFUSED

    await done(asking, "confirm", {})

    assert (asking.open, asking.refusal) == (True, "It runs that already.")


async def test_what_nobody_asked_is_not_confirmed(asking: Asking, services: Services) -> None:
    await done(asking, "confirm", {"commit": "main"})

    assert services.asked == []


async def test_whoever_presses_twice_asks_once(asking: Asking, services: Services) -> None:
    await done(asking, "ask", "redeploy", "development")
    services.keys.clear()

    await done(asking, "confirm", {})
    await done(asking, "confirm", {})
    assert len(services.keys) == 2
    assert len(set(services.keys)) == 1

    services.refusal = REFUSED
    await done(asking, "confirm", {})
    await done(asking, "confirm", {})
    assert len(set(services.keys)) == 2


async def test_a_rollback_offers_earlier_successes_and_takes_the_chosen(
    asking: Asking, services: Services
) -> None:
    await done(asking, "ask", "rollback", "development")
    assert DATA_STAYS in asking.question.warning
    assert [choice.value for choice in asking.question.choices] == [
        str(derived_id("deployment", 1))
    ]

    await done(asking, "confirm", {"choice": asking.question.choices[0].value})

    chosen = {"deployment_id": str(derived_id("deployment", 1))}
    assert services.asked == [("POST", f"{DEVELOPMENT}/rollback", chosen)]


async def test_a_teardown_sends_the_name_as_it_was_typed(
    asking: Asking, services: Services
) -> None:
    await done(asking, "ask", "teardown", "development")
    assert asking.question.needs_name == "development"

    await done(asking, "confirm", {"name": " dev "})

    assert services.asked == [("POST", f"{DEVELOPMENT}/teardown", {"confirm": "dev"})]


async def test_a_cancel_names_the_deployment(asking: Asking, services: Services) -> None:
    await done(asking, "ask_about", "cancel", "development", 2)
    await done(asking, "confirm", {})

    path = f"{DEVELOPMENT}/deployments/{derived_id('deployment', 2)}/cancel"
    assert services.asked == [("POST", path, None)]


@pytest.mark.parametrize("environment", ["nowhere", "'; drop"])
async def test_an_environment_that_is_not_there_opens_no_way(
    asking: Asking, services: Services, environment: str
) -> None:
    await done(asking, "ask", "promote", environment)
    await done(asking, "ask_about", "cancel", environment, 1)

    assert not asking.open
    assert services.asked == []


@pytest.mark.parametrize(
    ("typed", "told"),
    [("", {}), ("main", {"branch": "main"}), ("A" * 40, {"commit": "a" * 40}),
     ("g" * 40, {"branch": "g" * 40})],
)  # fmt: skip
def test_a_commit_is_told_from_a_branch(typed: str, told: dict[str, object]) -> None:
    assert commit_or_branch(typed) == told


async def test_a_new_application_shows_its_hook_once(services: Services) -> None:
    creating = state(tab(), Creating)
    form = {"name": "shop", "repository": "https://github.com/acme/shop", "folder": " "}

    await done(creating, "create", form)
    assert creating.hook_secret == "shown this once"
    assert services.asked == [
        ("POST", "/applications", {"name": "shop", "repository": form["repository"]})
    ]

    await done(creating, "begin")
    assert creating.hook_secret == ""


async def test_what_is_wrong_with_a_form_is_said_by_field(services: Services) -> None:
    services.refusal = INVALID
    creating = state(tab(), Creating)

    await done(creating, "create", {})

    assert creating.refusal == "name: too short"


async def test_a_secret_goes_to_the_service_and_stays_nowhere(services: Services) -> None:
    page = state(tab(application="shop", environment="development"), EnvironmentSettings)

    await done(page, "set_secret", {"name": "KEY/../x", "value": "hunter2hunter2"})

    put = ("PUT", f"{DEVELOPMENT}/secrets/KEY/../x", {"value": "hunter2hunter2"})
    assert services.asked == [put]
    assert services.seen[-1].url.raw_path.endswith(b"/secrets/KEY%2F..%2Fx")
    assert "hunter2hunter2" not in str(page.dict())


def test_an_empty_field_of_the_settings_is_none() -> None:
    form = {"branch": " ", "automatic": "on", "region": "", "stack_name": "s"}

    assert wanted_settings(form) == {
        "branch": None,
        "automatic": True,
        "stack_name": "s",
    }


async def test_services_are_asked_with_the_persons_identity_and_no_cookie(
    services: Services,
) -> None:
    root = tab({**signed_in("ana"), "cookie": "session=s", "x-evil": "1", "host": "t.example"})

    await rooms().client.applications(visitor_of(root))

    asked = services.seen[-1].headers
    assert asked["host"] == "t.example"
    assert "x-trellis-identity" in asked
    assert not {"cookie", "authorization", "x-evil"} & set(asked)


async def test_a_command_that_nobody_decided_is_sent_again_with_its_key(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dashboard.client._PAUSE_SECONDS", 0)
    services.refusal = (503, {"detail": "Nobody answered."})

    with pytest.raises(Away, match="Nobody answered"):
        await rooms().client.decide(ANA, "POST", f"{DEVELOPMENT}/redeploy")

    assert len(services.keys) == 4
    assert len(set(services.keys)) == 1


async def test_troubles_say_what_they_are(services: Services) -> None:
    client = rooms().client
    with pytest.raises(SignedOut):
        await client.applications(Visitor.of(signed_in("mallory")))
    with pytest.raises(NotThere):
        await client.deployment(ANA, derived_id("nothing"))
    services.refusal = REFUSED
    with pytest.raises(Declined, match="It runs that already"):
        await client.decide(ANA, "POST", f"{DEVELOPMENT}/redeploy")
    services.away.add("projections")
    with pytest.raises(Away, match="Projections does not answer"):
        await client.applications(ANA)


async def test_what_no_decision_refused_comes_with_its_remedy(services: Services) -> None:
    services.refusal = (422, {"detail": "Not from there.", "remedy": "Set TRELLIS_GIT_ORIGINS."})

    with pytest.raises(Declined, match=r"Not from there\. Set TRELLIS_GIT_ORIGINS"):
        await rooms().client.create(ANA, {})


async def test_what_is_ill_is_said_in_plain_words(services: Services) -> None:
    assert await rooms().client.illness("projections") == ""
    services.health["views"] = "being built: 40 %"
    assert await rooms().client.illness("projections") == "views: being built: 40 %"
    services.health["bus"] = "TimeoutError()"
    assert await rooms().client.illness("projections") == "the bus does not answer"
    services.away.add("projections")
    assert await rooms().client.illness("projections") == "projections does not answer"


async def test_a_name_of_an_address_leads_to_no_other_path(services: Services) -> None:
    with pytest.raises(NotThere):
        await rooms().client.application(ANA, "../deployments/x?after=1")

    asked = services.seen[-1].url.raw_path
    assert asked == b"/api/v1/views/applications/..%2Fdeployments%2Fx%3Fafter%3D1"


async def test_what_has_ended_is_read_once(services: Services) -> None:
    services.deployments = [deployment(1)]
    services.shop = application(environment(last=derived_id("deployment", 1)))
    reading = Reading(rooms().client)

    await reading.rows(ANA)
    before = len(services.seen)
    await reading.rows(ANA)

    assert len(services.seen) == before + 1


async def test_a_board_has_each_environments_history(services: Services) -> None:
    services.deployments = [deployment(1)]

    shop, histories = await read_board(rooms().client, ANA, "shop")

    assert [len(histories[one.environment_id]) for one in shop.environments] == [1, 0, 0]


@pytest.mark.usefixtures("services")
async def test_a_deployment_that_is_not_there_says_so() -> None:
    with pytest.raises(NotThere, match="no deployment #7"):
        await read_deployment(rooms().client, ANA, ("shop", "development"), number=7)
    with pytest.raises(NotThere, match="no environment lab"):
        await read_deployment(rooms().client, ANA, ("shop", "lab"), number=7)


async def test_one_that_waits_shows_what_it_would_change_until_it_has_begun(
    services: Services,
) -> None:
    waits = deployment(1, state=DeploymentState.WAITING, started_at=None, content="ab" * 32)
    services.deployments = [waits]
    fixed = PreviewView.model_validate(sample(PreviewView))
    preview = fixed.model_copy(
        update={
            "preview_id": preview_id_of(waits.environment_id, "ab" * 32),
            "state": PreviewState.FAILED,
            "failure": "npm said no",
        }
    )
    at = ("shop", "development")

    assert (await read_deployment(rooms().client, ANA, at, number=1)).foreseen == ()
    services.previews = [preview]
    assert (await read_deployment(rooms().client, ANA, at, number=1)).foreseen == (
        Line("The preview could not be made: npm said no"),
    )
    services.deployments = [waits.model_copy(update={"started_at": waits.requested_at})]
    assert (await read_deployment(rooms().client, ANA, at, number=1)).foreseen == ()


def test_a_page_that_is_not_live_says_of_when_it_is() -> None:
    said = staleness("bus: it does not answer", "12:00:00 UTC")

    assert said.startswith("Bus: it does not answer. What you see was read at 12:00:00 UTC.")
