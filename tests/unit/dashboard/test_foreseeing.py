"""What would change, looked at in the dialog before it is confirmed, with played services."""

import asyncio
from collections.abc import Mapping

import pytest

from dashboard import hub as hubs
from dashboard.shown.foreseen import Line, lines
from dashboard.state.asking import Asking
from dashboard.state.foreseeing import Foreseeing
from tests.support.dashboard import (
    Services,
    application,
    deployment,
    done,
    environment,
    release,
    state,
    tab,
)
from tests.support.golden import sample
from tests.support.until import until
from trellis_contracts.deployments import DeployKind
from trellis_contracts.foreseeing import DATA_STAYS
from trellis_contracts.names import derived_id
from trellis_contracts.previewing import PreviewState, PreviewView

STAGING = f"/applications/{derived_id('shop')}/environments/{derived_id('staging')}"
DEVELOPMENT = f"/applications/{derived_id('shop')}/environments/{derived_id('development')}"
SOURCE = {"source": str(derived_id("development"))}
RUNNING = PreviewView.model_validate(sample(PreviewView)).model_copy(
    update={"state": PreviewState.RUNNING}
)
FAILED = RUNNING.model_copy(update={"state": PreviewState.FAILED, "failure": "npm said no"})


@pytest.fixture
def ahead(services: Services, monkeypatch: pytest.MonkeyPatch) -> Foreseeing:
    """The dialog of a board, in a tab that nobody else changes: there is nothing to lock."""

    async def enter(page: Foreseeing) -> Foreseeing:
        return page

    async def leave(*_: object) -> None:
        return None

    monkeypatch.setattr(Foreseeing, "__aenter__", enter)
    monkeypatch.setattr(Foreseeing, "__aexit__", leave)
    monkeypatch.setattr(hubs, "BREATH_SECONDS", 0.01)
    monkeypatch.setattr(hubs, "AGES_SECONDS", 0.02)
    services.shop = application(
        environment(release=release(2)), environment("staging", release=release(1))
    )
    services.deployments = [deployment(number) for number in (3, 2, 1)]
    services.subject, services.previews = RUNNING.preview_id, [RUNNING]
    return state(tab(application="shop"), Foreseeing)


async def asks(page: Foreseeing, kind: str, environment: str) -> None:
    assert isinstance(page.parent_state, Asking)
    await done(page.parent_state, "ask", kind, environment)


async def looks(page: Foreseeing) -> list[object]:
    return [told async for told in Foreseeing.event_handlers["look"].fn(page)]


async def test_a_promotion_is_looked_at_and_shown_as_soon_as_it_is_known(
    ahead: Foreseeing, services: Services
) -> None:
    await asks(ahead, "promote", "staging")
    looking = asyncio.create_task(looks(ahead))
    await until(lambda: bool(services.asked))
    assert (ahead.looking, ahead.about, ahead.found) == (True, ahead.opening, [])
    services.previews = [FAILED]

    await looking

    assert services.asked == [("POST", f"{STAGING}/promote/preview", SOURCE)]
    assert ahead.found == [Line("The preview could not be made: npm said no")]
    assert (ahead.looking, ahead.open) == (False, True)


async def test_what_is_refused_is_said_where_one_looked(
    ahead: Foreseeing, services: Services
) -> None:
    await asks(ahead, "promote", "staging")
    services.refusal = (409, {"detail": "Nothing runs in development.", "rule": "no"})

    await looks(ahead)

    assert ahead.found == [Line("Nothing runs in development.")]


@pytest.mark.parametrize("chosen", ["", "nothing to choose", str(derived_id("deployment", 1))])
async def test_the_chosen_deployment_is_looked_at(
    ahead: Foreseeing, services: Services, *, chosen: str
) -> None:
    services.previews = [FAILED]
    await asks(ahead, "rollback", "development")
    offered = [one.value for one in ahead.question.choices]
    await done(ahead, "choose", chosen)

    await looks(ahead)

    body: Mapping[str, object] = {"deployment_id": chosen if chosen in offered else offered[0]}
    assert services.asked == [("POST", f"{DEVELOPMENT}/rollback/preview", body)]


async def test_what_was_found_of_another_choice_is_not_shown(
    ahead: Foreseeing, services: Services
) -> None:
    await asks(ahead, "rollback", "development")
    looking = asyncio.create_task(looks(ahead))
    await until(lambda: bool(services.asked))
    await done(ahead, "choose", ahead.question.choices[0].value)
    services.previews = [FAILED]

    await looking

    assert (ahead.found, ahead.looking) == ([], False)


async def test_what_the_dialog_says_already_is_not_said_again(
    ahead: Foreseeing, services: Services
) -> None:
    made = {"state": PreviewState.MADE, "kind": DeployKind.ROLLBACK, "values": (), "commits": None}
    services.previews = [RUNNING.model_copy(update={**made, "stacks": ()})]
    await asks(ahead, "rollback", "development")

    await looks(ahead)

    assert DATA_STAYS in ahead.question.warning
    assert ahead.found == []


async def test_another_dialog_begins_with_nothing_found(
    ahead: Foreseeing, services: Services
) -> None:
    services.previews = [FAILED]
    await asks(ahead, "promote", "staging")
    await looks(ahead)
    await asks(ahead, "promote", "staging")

    assert ahead.about != ahead.opening


async def test_whoever_is_signed_out_is_shown_out(ahead: Foreseeing, services: Services) -> None:
    await asks(ahead, "promote", "staging")
    services.members.clear()

    [told] = await looks(ahead)

    assert "/sign-in" in str(told)


async def test_what_cannot_be_looked_at_is_not_asked(ahead: Foreseeing, services: Services) -> None:
    await asks(ahead, "teardown", "staging")

    assert await looks(ahead) == []
    assert services.asked == []


def test_what_warns_of_a_loss_stands_out() -> None:
    loss, removal = (
        "Data may be lost: Table.",
        "Table of stack shop would be removed, with what it holds.",
    )

    assert [one.grave for one in lines((loss, removal, "Stack shop."))] == [True, True, False]
