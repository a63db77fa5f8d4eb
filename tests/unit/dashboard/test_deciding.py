"""What people decide on the pages about rules and lines, with played services."""

import pytest

from dashboard.errors import NotThere
from dashboard.rooms import rooms
from dashboard.state.application_settings import ApplicationSettings
from dashboard.state.asking import Asking
from dashboard.state.settings import EnvironmentSettings
from dashboard.visitors import Visitor
from tests.support.dashboard import (
    NOW,
    Refusal,
    Services,
    application,
    deployment,
    done,
    environment,
    release,
    signed_in,
    state,
    tab,
)
from trellis_contracts.names import derived_id
from trellis_contracts.rules import Gate, GateKind
from trellis_contracts.views import DeletionView, DeploymentState, HoldView

SHOP = f"/applications/{derived_id('shop')}"
DEVELOPMENT = f"{SHOP}/environments/{derived_id('development')}"
WAITING = f"{DEVELOPMENT}/deployments/{derived_id('deployment', 2)}"
CONTENT = "9f" * 32
REFUSED: Refusal = (409, {"detail": "It has changed since: look at it again.", "rule": "no"})


@pytest.fixture
def asking(services: Services) -> Asking:
    gates = (
        Gate(kind=GateKind.APPROVAL, sentence="1 of 1 approvals are missing"),
        Gate(kind=GateKind.FREEZE, sentence="frozen until Monday"),
    )
    services.shop = application(environment(release=release(1), hold=HoldView(number=1, since=NOW)))
    services.deployments = [
        deployment(
            2, state=DeploymentState.WAITING, finished_at=None, gates=gates, content=CONTENT,
            variables=("COLOUR",), stacks=(),
        ),
        deployment(1),
    ]  # fmt: skip
    return state(tab(application="shop"), Asking)


async def test_what_is_approved_is_what_was_shown(asking: Asking, services: Services) -> None:
    await done(asking, "ask_about", "approve", "development", 2)
    facts = {one.name: one.value for one in asking.question.facts}
    assert (facts["Variables"], facts["Content"]) == ("COLOUR", CONTENT[:12])
    services.deployments[0] = services.deployments[0].model_copy(update={"content": "00" * 32})

    await done(asking, "confirm", {})

    assert services.asked == [("POST", f"{WAITING}/approve", {"content": CONTENT})]


async def test_why_somebody_may_not_approve_is_said_as_it_is(
    asking: Asking, services: Services
) -> None:
    await done(asking, "ask_about", "approve", "development", 2)
    services.refusal = REFUSED

    await done(asking, "confirm", {})

    assert (asking.open, asking.refusal) == (True, "It has changed since: look at it again.")


async def test_a_freeze_is_overridden_with_a_reason(asking: Asking, services: Services) -> None:
    await done(asking, "ask_about", "override", "development", 2)
    assert asking.question.wants_reason
    assert [one.value for one in asking.question.facts] == ["frozen until Monday"]

    await done(asking, "confirm", {"reason": " the shop is down "})

    body = {"reason": "the shop is down"}
    assert services.asked == [("POST", f"{WAITING}/override-freeze", body)]


async def test_a_rollback_says_what_it_cannot_undo(asking: Asking) -> None:
    await done(asking, "ask", "rollback", "development")

    assert "since does not come back" in asking.question.warning
    assert "no push deploys here" in asking.question.warning


@pytest.mark.parametrize(
    ("kind", "typed", "asked"),
    [
        ("resume", {}, ("POST", f"{DEVELOPMENT}/resume", None)),
        ("classify", {}, ("PUT", f"{DEVELOPMENT}/class", {"production": True})),
        ("remove", {"name": " dev"}, ("POST", f"{DEVELOPMENT}/removal", {"confirm": "dev"})),
    ],
)
async def test_an_environment_is_decided_about(
    asking: Asking, services: Services, *, kind: str, typed: dict[str, str], asked: object
) -> None:
    await done(asking, "ask", kind, "development")
    assert services.asked == []

    await done(asking, "confirm", typed)

    assert services.asked == [asked]


async def test_an_application_is_deleted_by_its_name(asking: Asking, services: Services) -> None:
    await done(asking, "ask_of_application", "delete")
    assert (asking.question.needs_name, asking.question.danger) == ("shop", True)
    assert "development" in asking.question.sentence

    told = await done(asking, "confirm", {"name": "shop"})

    assert services.asked == [("POST", f"{SHOP}/deletion", {"confirm": "shop"})]
    assert isinstance(told, list)
    assert len(told) == 2, "it leads back to the board"


async def test_an_application_that_was_deleted_is_not_there(services: Services) -> None:
    gone = DeletionView(actor="person:ana", requested_at=NOW, deleted_at=NOW)
    services.shop = application(deletion=gone)

    with pytest.raises(NotThere, match="shop was deleted on 2026-11-27"):
        await rooms().client.application(Visitor.of(signed_in("ana")), "shop")


async def test_environments_of_pull_requests_are_switched_off(
    asking: Asking, services: Services
) -> None:
    await done(asking, "ask_of_application", "unfollow")
    await done(asking, "confirm", {})

    assert services.asked == [("PUT", f"{SHOP}/pull-requests", {"following": None})]


@pytest.mark.parametrize(
    ("event", "given"),
    [("ask", ("explode", "development")), ("ask_about", ("explode", "development", 2)),
     ("ask_of_application", ("explode",)), ("ask_about", ("approve", "development", 99))],
)  # fmt: skip
async def test_what_nobody_does_opens_nothing(
    asking: Asking, services: Services, *, event: str, given: tuple[object, ...]
) -> None:
    await done(asking, event, *given)

    assert not asking.open
    assert services.asked == []


@pytest.fixture
def settings() -> EnvironmentSettings:
    return state(tab(application="shop", environment="development"), EnvironmentSettings)


async def test_rules_are_sent_whole_and_a_refusal_stands_beside_them(
    settings: EnvironmentSettings, services: Services
) -> None:
    await done(settings, "save_rules", {"approvals": "1", "windows": "never"})
    assert (settings.refused, services.asked) == ("rules", [])
    assert "is no window" in settings.refusal

    await done(settings, "save_rules", {"approvals": "1", "queue": "all"})

    [(method, path, body)] = services.asked
    assert (method, path) == ("PATCH", f"{DEVELOPMENT}/settings")
    assert body is not None
    assert (body["queue"], body["windows"]) == ("all", [])
    assert (settings.refusal, settings.refused) == ("", "")


async def test_runs_are_set(settings: EnvironmentSettings, services: Services) -> None:
    await done(settings, "save_builds", {"size": "huge", "before_deploy": "npm run check"})

    assert services.asked[0][2] == {
        "tests": False, "test_command": None, "before_deploy": "npm run check",
        "after_deploy": None, "size": "huge", "run_minutes": None, "silence_minutes": None,
    }  # fmt: skip


async def test_an_environment_is_renamed_and_followed_to_its_new_address(
    settings: EnvironmentSettings, services: Services
) -> None:
    told = await done(settings, "rename", {"name": "dev"})

    assert services.asked == [("PUT", f"{DEVELOPMENT}/name", {"name": "dev"})]
    assert "/applications/shop/dev/settings" in str(told)
    assert services.seen[-1].url.params["after"] == "1"


@pytest.fixture
def page() -> ApplicationSettings:
    return state(tab(application="shop"), ApplicationSettings)


@pytest.mark.parametrize(
    ("event", "typed", "asked"),
    [
        ("save_watches", {"paths": "apps/shop\n\nlib "},
         ("PUT", "watches", {"paths": ["apps/shop", "lib"]})),
        ("save_source", {"repository": "https://github.com/acme/shop", "folder": "api"},
         ("PUT", "folder", {"folder": "api"})),
        ("save_source", {"repository": "https://github.com/acme/store", "folder": ""},
         ("PUT", "repository", {"repository": "https://github.com/acme/store", "folder": ""})),
        ("rename", {"name": "store"}, ("PUT", "name", {"name": "store"})),
        ("add_environment", {"name": "qa", "branch": "", "after": "last"},
         ("POST", "environments", {"name": "qa", "production": False,
                                   "settings": {"branch": None, "automatic": False}})),
        ("follow_pulls", {"template": "an-id", "days": "3", "at_once": ""},
         ("PUT", "pull-requests", {"following": {"template": "an-id", "days": 3}})),
    ],
)  # fmt: skip
async def test_an_application_is_set(
    page: ApplicationSettings,
    services: Services,
    *,
    event: str,
    typed: dict[str, str],
    asked: tuple[str, str, object],
) -> None:
    await done(page, event, typed)

    method, path, body = asked
    assert services.asked == [(method, f"{SHOP}/{path}", body)]


async def test_an_environment_changes_places_with_its_neighbour(
    page: ApplicationSettings, services: Services
) -> None:
    await done(page, "move", str(derived_id("staging")), -1)
    await done(page, "move", str(derived_id("development")), -1)
    await done(page, "move", str(derived_id("nothing")), 1)

    order = [str(derived_id(name)) for name in ("staging", "development", "production")]
    assert services.asked == [("PUT", f"{SHOP}/environments/order", {"environments": order})]
    assert (page.refused, page.refusal) == ("environments", "There is no such environment.")
