"""Nothing is served without an identity, and nobody does what their role may not."""

import re
from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, iter_route_contexts

from services.chassis.identity import Identified
from services.ingest.app import API, UNGUARDED
from tests.support.ingest import RunningIngest
from trellis_contracts.rights import HEADER, Right, Role, may

ANY_ID = "018f0000-0000-7000-8000-000000000001"
OPEN = (
    "/webhooks/github/{hook}", "/identity", "/health/live", "/health/ready", "/metrics",
    "/sign-in", "/sign-in/link", "/sign-out",
)  # fmt: skip


def _rights(dependant: Dependant) -> set[Right]:
    below = (_rights(inner) for inner in dependant.dependencies)
    own = {dependant.call.right} if isinstance(dependant.call, Identified) else set()
    return own.union(*below)


def _guarded(app: FastAPI) -> Iterator[tuple[str, str, Right]]:
    """Each method and path of the API, with the one right that it needs."""
    for context in iter_route_contexts(app.routes):
        if context.path in OPEN:
            continue
        route = context.original_route
        assert isinstance(route, APIRoute), f"{context.path} is open"
        assert context.path
        rights = _rights(route.dependant)
        assert len(rights) == 1, f"{context.path} names {len(rights)} rights"
        for method in route.methods or ():
            yield method, re.sub(r"{\w+}", ANY_ID, context.path), rights.pop()


async def test_each_route_is_open_by_name_or_needs_one_right(ingest: RunningIngest) -> None:
    guarded = list(_guarded(ingest.app))

    assert len(guarded) >= 20
    assert not [path for _, path, _ in guarded if path.startswith(UNGUARDED)]


async def test_every_route_serves_exactly_the_roles_that_may(ingest: RunningIngest) -> None:
    identities = {role: ingest.as_a(role) for role in Role}
    for method, path, right in _guarded(ingest.app):
        anonymous = await ingest.client.request(method, path)
        assert anonymous.status_code == 401, (method, path)
        for role, headers in identities.items():
            answer = await ingest.client.request(method, path, headers=headers)
            refused = answer.status_code in {401, 403}
            assert refused is not may(role, right), (method, path, role, answer.status_code)


@pytest.mark.parametrize(
    "suffix",
    ["/", ";.jsp", "/RPC2", "/..", "/.", "/%2e%2e/health/live", "//", "?jsp=/health/", "%2f"],
)
@pytest.mark.parametrize("path", [f"{API}/tokens", "/api/openapi.json", "/API/v1/tokens"])
async def test_no_spelling_of_a_path_gets_past_the_guard(
    ingest: RunningIngest, path: str, suffix: str
) -> None:
    answer = await ingest.client.get(path + suffix)

    assert answer.status_code in {401, 404}
    assert answer.headers["Content-Type"] == "application/problem+json"


async def test_a_path_below_an_open_prefix_leads_nowhere_else(ingest: RunningIngest) -> None:
    for path in ("/health/../api/v1/tokens", "/webhooks/../api/v1/tokens", "/identity/x"):
        request = ingest.client.build_request("GET", "http://ingest.test")
        request.url = request.url.copy_with(raw_path=path.encode())
        answer = await ingest.client.send(request)
        assert answer.status_code in {401, 404}, path


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
async def test_an_open_address_takes_its_own_method_alone(
    ingest: RunningIngest, method: str
) -> None:
    answer = await ingest.client.request(method, "/webhooks/github/aaaaaaaaaaaaaaaa")

    assert answer.status_code == 405
    assert answer.headers["Allow"] == "POST"
    assert answer.json()["remedy"]


async def test_who_asks_is_taken_from_the_identity_and_from_nothing_else(
    ingest: RunningIngest,
) -> None:
    application = await ingest.an_application()
    headers = ingest.as_a(Role.DEVELOPER, "person:bob")
    url = f"{application.at()}/deployments"

    forged = await ingest.client.post(url, json={"actor": "person:eve"}, headers=headers)
    asked = await ingest.client.post(url, params={"actor": "person:eve"}, json={}, headers=headers)

    assert (forged.status_code, asked.status_code) == (422, 202)
    assert ingest.orchestrator.asked[-1].actor == "person:bob"


async def test_two_identities_are_none(ingest: RunningIngest) -> None:
    admin = ingest.as_a(Role.ADMIN)[HEADER]
    answer = await ingest.client.get(f"{API}/tokens", headers=[(HEADER, admin), (HEADER, admin)])

    assert answer.status_code == 401


async def test_environments_of_another_application_are_not_there(ingest: RunningIngest) -> None:
    mine = await ingest.an_application(name="mine")
    other = await ingest.an_application(name="other")
    mixed = f"/api/v1/applications/{mine.id}/environments/{other.environments['staging']}"
    headers = ingest.as_a(Role.DEVELOPER)
    before = len(ingest.orchestrator.asked)
    asked = [
        ("POST", f"{mixed}/redeploy", None),
        ("PUT", f"{mixed}/secrets/S", {"value": "long enough"}),
        ("POST", f"{mine.at()}/promote", {"source": str(other.environments["staging"])}),
    ]

    for method, url, body in asked:
        answer = await ingest.client.request(method, url, json=body, headers=headers)
        assert answer.status_code == 404, url
    assert len(ingest.orchestrator.asked) == before
