"""Ingest behind the real front door: the way of every request from outside."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from cli.front_door import Address
from services.chassis.children import free_port
from tests.support.actors.github import GitHub, body_of
from tests.support.doors import open_door
from trellis_contracts.rights import HEADER

APPLICATION = {"name": "orders", "repository": "https://github.com/acme/orders"}


@pytest.fixture
async def outside(tmp_path: Path, nats_url: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client with the first administrator's token, before the door."""
    async with open_door(tmp_path, nats_url, Address(port=free_port())) as door:
        bearer = {"Authorization": f"Bearer {door.token}"}
        async with httpx.AsyncClient(base_url=door.origin, headers=bearer) as client:
            yield client


async def test_a_token_lets_in_and_the_hook_that_is_shown_can_be_reached(
    outside: httpx.AsyncClient,
) -> None:
    created = await outside.post("/api/v1/applications", json=APPLICATION)
    assert created.status_code == 201, created.text
    webhook = created.json()["webhook"]
    body = body_of(GitHub(webhook["secret"]).push())
    headers = GitHub(webhook["secret"]).headers(body)

    delivered = await outside.post(webhook["url"], content=body, headers=headers)

    assert webhook["url"].startswith(str(outside.base_url).rstrip("/"))
    assert (delivered.status_code, delivered.json()["understood"]) == (202, "PushReceived")


async def test_no_token_and_no_forged_identity_lets_in(outside: httpx.AsyncClient) -> None:
    asked = await outside.get("/api/v1/tokens")
    outside.headers["Authorization"] = "Bearer trellis_wrong_wrong_wrong"
    wrong = await outside.get("/api/v1/tokens")
    forged = await outside.get("/api/v1/tokens", headers={HEADER: "a.b.c"})
    identity = await outside.get("/identity")

    assert asked.status_code == 200
    for answer in (wrong, forged):
        assert answer.status_code == 401
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert identity.status_code in {401, 404}
    assert HEADER not in identity.headers


async def test_guessing_from_outside_is_slowed_by_the_address_of_the_guesser(
    outside: httpx.AsyncClient,
) -> None:
    good = outside.headers["Authorization"]
    outside.headers["Authorization"] = "Bearer trellis_wrong_wrong_wrong"
    statuses = [(await outside.get("/api/v1/tokens")).status_code for _ in range(40)]
    outside.headers["Authorization"] = good

    assert (statuses[0], statuses[-1]) == (401, 429)
    assert (await outside.get("/api/v1/tokens")).status_code == 200
