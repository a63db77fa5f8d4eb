"""The gate: nothing passes without an identity, or from another site's page."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import Message, Receive, Scope, Send

from dashboard.gate import Gate, is_same_origin, policy_of
from services.chassis.identity import Identities
from services.ingest.adapters.signing import Signer, open_signer
from trellis_contracts.rights import HEADER, Role

HOST = "t.example"


async def pages(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with the headers that arrived."""
    if scope["type"] == "websocket":
        await send({"type": "websocket.accept"})
        return
    headers = {name.decode(): value.decode() for name, value in scope["headers"]}
    await JSONResponse(headers)(scope, receive, send)


@pytest.fixture
def signer(tmp_path: Path) -> Signer:
    return open_signer(tmp_path / "keys" / "identity.pem", tmp_path / "identity" / "public.pem")


@pytest.fixture
def gate(tmp_path: Path) -> Gate:
    identities = Identities(tmp_path / "identity" / "public.pem")
    return Gate(pages, identities=identities, policy="default-src 'self'")


@pytest.fixture
async def client(gate: Gate, signer: Signer) -> AsyncIterator[httpx.AsyncClient]:
    signed = {HEADER: signer.sign("person:ana", Role.VIEWER)}
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(gate), base_url=f"https://{HOST}", headers=signed
    ) as made:
        yield made


async def shake_hands(gate: Gate, headers: dict[str, str]) -> Message:
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    async def send(message: Message) -> None:
        sent.append(message)

    raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    await gate({"type": "websocket", "path": "/_event/", "headers": raw}, receive, send)
    return sent[0]


async def test_who_is_known_gets_the_page_with_headers_that_keep_it_safe(
    client: httpx.AsyncClient,
) -> None:
    answer = await client.get("/")

    assert answer.status_code == 200
    assert answer.headers["content-security-policy"] == "default-src 'self'"
    assert answer.headers["x-frame-options"] == "DENY"
    assert answer.headers["cache-control"] == "no-cache, private"


async def test_what_is_named_by_its_content_is_kept_and_nothing_else(
    client: httpx.AsyncClient,
) -> None:
    kept = (await client.get("/assets/x-abc.js")).headers["cache-control"]

    assert "immutable" in kept


async def test_the_identity_goes_no_further(client: httpx.AsyncClient) -> None:
    arrived = (await client.get("/", headers={"Origin": f"https://{HOST}"})).json()

    assert not {"x-trellis-identity", "origin"} & set(arrived)


@pytest.mark.parametrize("identity", [None, "made.up.identity"])
async def test_a_stranger_gets_no_page_and_no_asset(
    client: httpx.AsyncClient, identity: str | None
) -> None:
    del client.headers[HEADER]
    headers = {HEADER: identity} if identity else {}

    for path in ("/", "/assets/x.js", "/_event/", "/favicon.svg", "/_health"):
        assert (await client.get(path, headers=headers)).status_code in (401, 403)


async def test_two_identities_are_none(client: httpx.AsyncClient) -> None:
    twice = [(HEADER, client.headers[HEADER]), (HEADER, client.headers[HEADER])]
    del client.headers[HEADER]

    assert (await client.get("/", headers=twice)).status_code == 401


async def test_pages_are_only_read(client: httpx.AsyncClient) -> None:
    for method in ("POST", "PUT", "DELETE", "OPTIONS"):
        assert (await client.request(method, "/")).status_code == 405


async def test_events_come_over_a_websocket_alone(client: httpx.AsyncClient) -> None:
    assert (await client.get("/_event/?transport=polling")).status_code == 403


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "null",
        "http://[",
        f"https://{HOST}.evil.example",
        "https://a.t.example",
    ],
)
async def test_another_sites_page_gets_nothing(
    client: httpx.AsyncClient, gate: Gate, origin: str
) -> None:
    assert (await client.get("/", headers={"Origin": origin})).status_code == 403

    headers = {HEADER: client.headers[HEADER], "Host": HOST, "Origin": origin}
    assert await shake_hands(gate, headers) == {"type": "websocket.close", "code": 1008}


async def test_a_websocket_needs_an_identity_and_says_whence_it_comes(
    client: httpx.AsyncClient, gate: Gate
) -> None:
    known = {HEADER: client.headers[HEADER], "Host": HOST}
    ours = {"Origin": f"https://{HOST}"}

    assert (await shake_hands(gate, {**known, **ours}))["type"] == "websocket.accept"
    assert (await shake_hands(gate, known))["type"] == "websocket.close"
    assert (await shake_hands(gate, {"Host": HOST, **ours}))["type"] == "websocket.close"


async def test_without_a_key_to_verify_with_nobody_passes(signer: Signer, tmp_path: Path) -> None:
    gate = Gate(pages, identities=Identities(tmp_path / "no.pem"), policy="")
    signed = {HEADER: signer.sign("person:ana", Role.VIEWER)}
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(gate), base_url="https://t.example"
    ) as client:
        assert (await client.get("/", headers=signed)).status_code == 503


def test_a_port_is_part_of_an_origin() -> None:
    headers = {"host": "127.0.0.1:8600", "origin": "http://127.0.0.1:8601"}

    assert not is_same_origin(Headers(headers))
    assert is_same_origin(Headers({**headers, "origin": "http://127.0.0.1:8600"}))


def test_the_policy_knows_the_pages_own_scripts_and_no_other(tmp_path: Path) -> None:
    page = tmp_path / "index.html"
    page.write_text(
        '<script>one()</script><script src="/x.js"></script><script id="a">two()</script>'
    )

    policy = policy_of([page])

    assert policy.count("sha256-") == 2
    assert "'unsafe-inline'" not in policy.partition("script-src")[2].partition(";")[0]
    assert "frame-ancestors 'none'" in policy
