import asyncio
import base64
from collections.abc import AsyncIterator

import httpx
import pytest

from cli.front_door import Door
from tests.integration.front_door.behind import SIGNED, Behind

GOOD = {"Authorization": "Bearer good"}
FORGED = {"X-Trellis-Identity": "forged"}


async def test_a_webhook_needs_no_identity(client: httpx.AsyncClient) -> None:
    answer = await client.post("/webhooks/github/h1", content=b"{}")
    assert answer.json() == {"path": "/webhooks/github/h1", "identity": None, "size": 2}


@pytest.mark.parametrize("name", ["localhost", "trellis.team.example", "10.0.0.7:8600", "[::1]"])
async def test_it_is_one_door_under_whatever_name(client: httpx.AsyncClient, name: str) -> None:
    """Caddy answers a host that no site names with an empty 200: GitHub would take it for kept."""
    hook = await client.post("/webhooks/github/h1", content=b"{}", headers={"Host": name})
    assert hook.json()["path"] == "/webhooks/github/h1"
    refused = await client.get("/api/v1/applications", headers={"Host": name})
    assert refused.status_code == 401


@pytest.mark.parametrize(
    "path", ["/api/v1/applications", "/api/v1/views/board", "/api/v1/logs/1", "/", "/webhooks"]
)
async def test_everything_else_asks_who_it_is(client: httpx.AsyncClient, path: str) -> None:
    refused = await client.get(path)
    assert (refused.status_code, refused.text) == (401, "sign in first")
    assert (await client.get(path, headers=GOOD)).json()["identity"] == SIGNED


async def test_the_identity_survives_the_removal_of_forged_ones(client: httpx.AsyncClient) -> None:
    """Trap 1: outside `route` the header would be removed after it was copied."""
    answer = await client.get("/api/v1/applications", headers=GOOD | FORGED)
    assert answer.json()["identity"] == SIGNED


@pytest.mark.parametrize("header", ["X-Trellis-Identity", "x-trellis-identity"])
async def test_a_forged_identity_does_not_pass(client: httpx.AsyncClient, header: str) -> None:
    """On an open route too, where nobody is asked."""
    answer = await client.post("/webhooks/github/h1", headers={header: "forged"})
    assert answer.json()["identity"] is None


@pytest.mark.parametrize(
    "path",
    ["/webhooks/../api/v1/x", "/webhooks/%2e%2e/api/v1/x", "//api//v1/x", "/webhooks/..//api/x"],
)
async def test_a_crooked_path_opens_no_guarded_route(
    client: httpx.AsyncClient, door: Door, path: str
) -> None:
    assert client.base_url.port == door.address.port
    status, body = await _raw(
        door, f"GET {path} HTTP/1.1\r\nHost: {door.address.host}:{door.address.port}\r\n"
    )
    assert status == 401, body


async def test_a_websocket_gets_its_identity(client: httpx.AsyncClient, door: Door) -> None:
    """Trap 2: the question must not arrive as a websocket itself."""
    assert client.base_url.port == door.address.port
    heard = await _over_a_websocket(door, "hello", GOOD)
    assert heard == f"{SIGNED} hello"


async def test_a_websocket_without_identity_is_refused(
    client: httpx.AsyncClient, door: Door
) -> None:
    assert client.base_url.port == door.address.port
    with pytest.raises(ConnectionRefusedError, match="401"):
        await _over_a_websocket(door, "hello", {})


async def test_each_event_of_a_feed_passes_at_once(
    client: httpx.AsyncClient, behind: tuple[Behind, str]
) -> None:
    async with asyncio.timeout(5), client.stream("GET", "/api/v1/feed", headers=GOOD) as feed:
        lines = feed.aiter_lines()
        assert await anext(lines) == "data: first"
        behind[0].more.set()
        assert [await anext(lines), await anext(lines)] == ["", "data: second"]


async def test_a_reader_that_leaves_is_noticed_behind_the_door(
    client: httpx.AsyncClient, behind: tuple[Behind, str]
) -> None:
    async with client.stream("GET", "/api/v1/feed", headers=GOOD) as feed:
        assert await anext(feed.aiter_lines()) == "data: first"
    async with asyncio.timeout(5):
        await behind[0].left.wait()


@pytest.mark.parametrize("told", [True, False])
async def test_a_body_over_25_mib_is_refused(client: httpx.AsyncClient, *, told: bool) -> None:
    """Trap 4: the second limit; ingest counts for itself."""
    size = 25 * 1024 * 1024
    body = b"x" * (size + 1)
    sent = body if told else _in_pieces(body)
    refused = await client.post("/webhooks/github/h1", content=sent)
    assert refused.status_code == 413
    taken = await client.post("/webhooks/github/h1", content=b"x" * size)
    assert taken.json()["size"] == size


async def _in_pieces(body: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(body), 1 << 16):
        yield body[start : start + (1 << 16)]


async def _raw(door: Door, request: str) -> tuple[int, str]:
    reader, writer = await asyncio.open_connection(door.address.host, door.address.port)
    writer.write(f"{request}Connection: close\r\n\r\n".encode())
    answer = (await reader.read()).decode()
    writer.close()
    await writer.wait_closed()
    return int(answer.split()[1]), answer


async def _over_a_websocket(door: Door, text: str, headers: dict[str, str]) -> str:
    """The smallest client: one text frame each way (RFC 6455)."""
    reader, writer = await asyncio.open_connection(door.address.host, door.address.port)
    key = base64.b64encode(b"0123456789abcdef").decode()
    asked = {
        "Host": f"{door.address.host}:{door.address.port}",
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Key": key,
        "Sec-WebSocket-Version": "13",
    } | headers
    lines = [f"{name}: {value}" for name, value in asked.items()]
    writer.write("\r\n".join(["GET /socket HTTP/1.1", *lines, "", ""]).encode())
    try:
        status = (await reader.readuntil(b"\r\n\r\n")).decode().splitlines()[0]
        if " 101 " not in status:
            raise ConnectionRefusedError(status)
        writer.write(bytes([0x81, 0x80 | len(text), 0, 0, 0, 0]) + text.encode())
        _, length = await reader.readexactly(2)
        return (await reader.readexactly(length)).decode()
    finally:
        writer.close()
        await writer.wait_closed()
