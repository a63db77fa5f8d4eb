"""What projections serve is read by whoever may read, and by nobody else."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute, iter_route_contexts

from services.chassis.identity import Identified
from services.chassis.problems import Problem
from services.chassis.settings import read_settings
from services.ingest.adapters.signing import Signer, open_signer
from services.projections.adapters.building import Building
from services.projections.adapters.generation import Generation
from services.projections.adapters.progress import Progress
from services.projections.adapters.views import Views
from services.projections.adapters.views_file import ViewsUnavailable
from services.projections.app import create_app
from services.projections.handlers.reading import Reading
from services.projections.settings import ProjectionsSettings
from tests.support.golden import sample
from tests.support.histories import Shop, history
from trellis_contracts.names import derived_id
from trellis_contracts.previewing import PreviewRequested
from trellis_contracts.rights import HEADER, Right, Role
from trellis_contracts.routes import ROUTES
from trellis_contracts.views import ApplicationView, DeploymentView

SHOP = Shop()
PREVIEW = PreviewRequested.model_validate(
    {**sample(PreviewRequested), "application_id": SHOP.application_id}
)
API = "/api/v1"
PATHS = [
    f"{API}/views/applications",
    f"{API}/views/applications/shop",
    f"{API}/views/applications/{SHOP.application_id}",
    f"{API}/views/environments/{SHOP.environment()}/deployments",
    f"{API}/views/deployments/{SHOP.deployment(1)}",
    f"{API}/views/previews/{PREVIEW.preview_id}",
    f"{API}/views/applications/shop/why?environment=development",
    f"{API}/views/applications/shop/why?environment=development&number=2",
]


def a_service(folder: Path) -> tuple[FastAPI, Signer]:
    """The app of a folder that holds views; nothing is connected."""
    settings = read_settings(
        ProjectionsSettings,
        data=folder,
        nats="nats://127.0.0.1:1",
        event_store=f"sqlite:////{folder}/events.sqlite",
        wait_seconds=0.05,
    )
    generation = Generation(folder / "views.sqlite")
    generation.resume(derived_id("store"))
    deployments = (*SHOP.deployed(1), *SHOP.deployed(2), SHOP.requested(3))
    events = history(*SHOP.created(), *deployments, PREVIEW)
    generation.apply(events, reached=len(events))
    generation.complete()
    generation.close()
    (folder / "identity").mkdir()
    signer = open_signer(folder / "private.pem", settings.identity_public_key)
    return create_app(settings), signer


class Asker:
    """Asks the service as somebody."""

    def __init__(self, client: httpx.AsyncClient, signer: Signer) -> None:
        self.client, self.signer = client, signer

    async def get(self, path: str, role: Role | None = Role.VIEWER) -> httpx.Response:
        headers = {HEADER: self.signer.sign("person:ana", role)} if role else {}
        return await self.client.get(path, headers=headers)


@pytest.fixture
async def asker(tmp_path: Path) -> AsyncIterator[Asker]:
    app, signer = a_service(tmp_path)
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://views.test") as client:
        yield Asker(client, signer)


@pytest.mark.parametrize("path", [*PATHS, f"{API}/feed", f"{API}/nothing"])
async def test_nobody_reads_without_an_identity(asker: Asker, path: str) -> None:
    answer = await asker.get(path, role=None)
    assert answer.status_code == 401
    assert answer.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("role", list(Role))
async def test_every_role_may_read(asker: Asker, path: str, role: Role) -> None:
    answer = await asker.get(path, role)
    assert answer.status_code == 200, answer.text
    assert int(answer.headers["Trellis-Position"]) > 0


def test_every_route_asks_for_the_right_to_read(tmp_path: Path) -> None:
    app, _signer = a_service(tmp_path)
    contexts = iter_route_contexts(app.routes)
    routes = [one.original_route for one in contexts if isinstance(one.original_route, APIRoute)]
    assert len(routes) == 7
    for route in routes:
        asked = [one.call for one in route.dependant.dependencies]
        rights = {one.right for one in asked if isinstance(one, Identified)}
        assert rights == {Right.READ}, route.path
        assert route.methods == {"GET"}, route.path


def test_the_front_door_brings_here_what_is_served_here(tmp_path: Path) -> None:
    app, _signer = a_service(tmp_path)
    mine = [route.prefix for route in ROUTES if route.service == "projections"]
    contexts = iter_route_contexts(app.routes)
    paths = [one.path for one in contexts if isinstance(one.original_route, APIRoute)]
    assert paths
    assert all((path or "").startswith(tuple(mine)) for path in paths)


async def test_health_is_told_to_anybody_and_says_what_is_ill(asker: Asker) -> None:
    assert (await asker.get("/health/live", role=None)).status_code == 200
    ready = await asker.get("/health/ready", role=None)
    assert ready.status_code == 503
    assert set(ready.json()) == {"bus", "views"}


async def test_views_are_answered_in_the_shapes_of_the_contracts(asker: Asker) -> None:
    listed = await asker.get(PATHS[0])
    one = ApplicationView.model_validate_json((await asker.get(PATHS[1])).text)
    assert [ApplicationView.model_validate(view) for view in listed.json()] == [one]
    assert (await asker.get(PATHS[2])).text == (await asker.get(PATHS[1])).text
    DeploymentView.model_validate_json((await asker.get(PATHS[4])).text)


async def test_deployments_come_newest_first_in_pages(asker: Asker) -> None:
    async def numbers(query: str) -> list[int]:
        return [view["number"] for view in (await asker.get(f"{PATHS[3]}{query}")).json()]

    assert await numbers("") == [3, 2, 1]
    assert await numbers("?limit=2") == [3, 2]
    assert await numbers("?limit=2&before=2") == [1]
    assert await numbers("?before=1") == []
    assert await numbers("?number=2") == [2]
    assert await numbers("?number=9") == []


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (f"{API}/views/applications/other", 404),
        (f"{API}/views/deployments/{derived_id('none')}", 404),
        (f"{API}/views/deployments/not-an-id", 422),
        (f"{PATHS[3]}?limit=0", 422),
        (f"{PATHS[3]}?limit=100000", 422),
        (f"{PATHS[3]}?before={2**70}", 422),
        (f"{PATHS[0]}?after=-1", 422),
        (f"{PATHS[0]}?after=9999", 503),
    ],
)
async def test_what_cannot_be_answered_is_a_problem_that_says_what_to_do(
    asker: Asker, path: str, status: int
) -> None:
    answer = await asker.get(path)
    assert answer.status_code == status
    problem = answer.json()
    assert problem["status"] == status
    assert problem["remedy"]


async def test_who_waits_for_a_position_is_answered_by_views_that_are_not_made_yet(
    tmp_path: Path,
) -> None:
    path, progress = tmp_path / "views.sqlite", Progress()
    views = Views(path)
    reading = Reading(views, progress, lambda: None, patience=10)
    asked = asyncio.create_task(reading.found(views.applications, after=1))
    with pytest.raises(ViewsUnavailable):
        await reading.found(views.applications, after=None)
    generation = Generation(path)
    generation.resume(derived_id("store"))
    events = history(*SHOP.created())
    generation.apply(events, reached=len(events))
    generation.complete()
    generation.close()

    progress.moved()

    assert (await asked).position == len(events)


async def test_views_that_are_being_built_say_how_far_they_are_and_when_to_ask_again(
    tmp_path: Path,
) -> None:
    path, progress = tmp_path / "views.sqlite", Progress()
    generation = Generation(path)
    generation.resume(derived_id("store"))
    seconds = iter([0.0, 2.0, 2.0, 2.0, 2.0, 2.0])
    progress.building = Building(None, 10_000, now=lambda: next(seconds))
    progress.building.reached(2_500)
    reading = Reading(Views(path), progress, lambda: None, patience=10)
    with pytest.raises(Problem) as problem:
        await reading.found(reading.views.applications, after=None)
    assert problem.value.status_code == 503
    assert "2500 of 10000 events (25 %)" in problem.value.detail
    assert problem.value.headers == {"Retry-After": "6"}
    generation.close()
