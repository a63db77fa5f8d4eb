"""What logs serve is read by whoever may read, and by nobody else."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute, iter_route_contexts

from services.chassis.identity import Identified
from services.chassis.settings import read_settings
from services.ingest.adapters.signing import Signer, open_signer
from services.logs.adapters.store import LogStore
from services.logs.app import create_app
from services.logs.settings import LogsSettings
from tests.support.chunks import RUN, numbered
from trellis_contracts.logs import LogLine
from trellis_contracts.rights import HEADER, Right, Role
from trellis_contracts.routes import ROUTES

READ, LIVE = f"/api/v1/logs/{RUN}", f"/api/v1/logs/{RUN}/live"


def a_service(folder: Path) -> tuple[FastAPI, Signer]:
    """The app of a folder that holds ten lines of a run that ended; nothing is connected."""
    settings = read_settings(LogsSettings, data=folder, nats="nats://127.0.0.1:1")
    LogStore(folder / "log-archive").keep(numbered(0, 10, last=True))
    (folder / "identity").mkdir()
    signer = open_signer(folder / "private.pem", settings.identity_public_key)
    return create_app(settings), signer


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    app, signer = a_service(tmp_path)
    transport, identity = httpx.ASGITransport(app), {HEADER: signer.sign("person:a", Role.VIEWER)}
    async with httpx.AsyncClient(
        transport=transport, base_url="http://logs.test", headers=identity
    ) as client:
        yield client


@pytest.mark.parametrize("path", [READ, LIVE])
async def test_nobody_reads_without_an_identity(client: httpx.AsyncClient, path: str) -> None:
    del client.headers[HEADER]
    answer = await client.get(path)
    assert answer.status_code == 401
    assert answer.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("role", list(Role))
async def test_every_role_may_read(tmp_path: Path, role: Role) -> None:
    app, signer = a_service(tmp_path)
    identity = {HEADER: signer.sign("person:a", role)}
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://logs.test") as client:
        for path in (READ, LIVE):
            assert (await client.get(path, headers=identity)).status_code == 200


def test_every_route_asks_for_the_right_to_read(tmp_path: Path) -> None:
    app, _signer = a_service(tmp_path)
    contexts = iter_route_contexts(app.routes)
    routes = [one.original_route for one in contexts if isinstance(one.original_route, APIRoute)]
    assert len(routes) == 2
    for route in routes:
        asked = [one.call for one in route.dependant.dependencies]
        rights = {one.right for one in asked if isinstance(one, Identified)}
        assert rights == {Right.READ}, route.path
        assert route.methods == {"GET"}, route.path


def test_the_front_door_brings_here_what_is_served_here(tmp_path: Path) -> None:
    app, _signer = a_service(tmp_path)
    (mine,) = [route.prefix for route in ROUTES if route.service == "logs"]
    contexts = iter_route_contexts(app.routes)
    paths = [one.path for one in contexts if isinstance(one.original_route, APIRoute)]
    assert paths
    assert all((path or "").startswith(mine) for path in paths)


async def test_health_is_told_to_anybody_and_says_what_is_ill(client: httpx.AsyncClient) -> None:
    del client.headers[HEADER]
    assert (await client.get("/health/live")).status_code == 200
    ready = await client.get("/health/ready")
    assert ready.status_code == 503
    assert set(ready.json()) == {"bus", "intake"}


async def test_lines_are_answered_in_the_shape_of_the_contract(client: httpx.AsyncClient) -> None:
    page = (await client.get(READ, params={"after": 3, "limit": 2})).json()
    assert [LogLine.model_validate(line).seq for line in page["lines"]] == [4, 5]
    assert (page["next"], page["last"]) == (5, False)


async def test_a_run_that_ended_is_sent_whole_and_then_its_end(client: httpx.AsyncClient) -> None:
    events = (await client.get(LIVE)).text.strip().split("\n\n")
    assert len(events) == 11
    assert events[0].startswith("id: 0\ndata: {")
    assert events[-1] == "event: end\nid: 9\ndata: {}"
    resumed = (await client.get(LIVE, headers={"Last-Event-ID": "7"})).text.strip()
    assert [event.split("\n")[0] for event in resumed.split("\n\n")] == [
        "id: 8",
        "id: 9",
        "event: end",
    ]


@pytest.mark.parametrize("resumed", ["-1", "", "nonsense", "³"])
async def test_an_id_that_was_never_sent_begins_at_the_beginning(
    client: httpx.AsyncClient, resumed: str
) -> None:
    headers = {b"Last-Event-ID": resumed.encode()}
    answer = await client.get(LIVE, headers=headers)
    assert answer.text.startswith("id: 0\n")


@pytest.mark.parametrize(
    "path", ["/api/v1/logs/not-a-run", f"{READ}?after=-2", f"{READ}?limit=0", f"{READ}?limit=1e9"]
)
async def test_what_cannot_be_answered_is_a_problem_that_says_what_to_do(
    client: httpx.AsyncClient, path: str
) -> None:
    answer = await client.get(path)
    assert answer.status_code == 422
    assert answer.json()["remedy"]
    assert answer.json()["errors"]
