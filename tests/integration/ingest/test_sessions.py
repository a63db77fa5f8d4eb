"""Signing in and out with a browser, through the real door."""

import re
import sqlite3
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from cli.client.api import Api
from cli.front_door import Address
from services.chassis.children import free_port
from tests.support.doors import OpenDoor, open_door
from trellis_contracts.rights import Role

COOKIE = "trellis_session"
ANYWHERE, ME = "/api/v1/tokens", "/api/v1/session"


@pytest.fixture
async def door(tmp_path: Path, nats_url: str) -> AsyncIterator[OpenDoor]:
    async with open_door(tmp_path, nats_url, Address(port=free_port())) as opened:
        yield opened


@pytest.fixture
async def browser(door: OpenDoor) -> AsyncIterator[httpx.AsyncClient]:
    async with door.browser() as made:
        yield made


async def sign_in(browser: httpx.AsyncClient, door: OpenDoor, **fields: str) -> httpx.Response:
    form = {"token": door.token} | fields
    return await browser.post("/sign-in", data=form, headers={"Origin": door.origin})


async def post(browser: httpx.AsyncClient, path: str, origin: str, **fields: str) -> httpx.Response:
    return await browser.post(path, data=fields, headers={"Origin": origin})


async def test_who_looks_at_a_page_is_led_to_sign_in_and_back(
    browser: httpx.AsyncClient, door: OpenDoor
) -> None:
    looked = await browser.get("/applications/shop?tab=log")
    assert looked.status_code == 303
    page = await browser.get(looked.headers["Location"])
    assert page.status_code == 200
    assert 'value="/applications/shop?tab=log"' in page.text
    assert "script-src" not in page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]

    signed_in = await sign_in(browser, door, next="/applications/shop?tab=log")

    assert (signed_in.status_code, signed_in.headers["Location"]) == (
        303,
        "/applications/shop?tab=log",
    )
    cookie = signed_in.headers["Set-Cookie"]
    assert all(word in cookie for word in ("HttpOnly", "SameSite=lax", "Path=/", "Max-Age="))
    assert "Secure" not in cookie
    assert (await browser.get(ANYWHERE)).status_code == 200


async def test_a_program_without_a_token_is_answered_401_and_not_led_anywhere(
    door: OpenDoor,
) -> None:
    for accepts in ("*/*", "text/html, image/gif, */*"):  # some say so that read no HTML
        async with httpx.AsyncClient(base_url=door.origin, headers={"Accept": accepts}) as program:
            answer = await program.get(ANYWHERE)
        assert answer.status_code == 401
        assert answer.headers["Content-Type"] == "application/problem+json"


async def test_whoever_asks_is_told_who_they_are_and_until_when(
    browser: httpx.AsyncClient, door: OpenDoor
) -> None:
    await sign_in(browser, door)
    bearer = {"Authorization": f"Bearer {door.token}"}

    mine = (await browser.get(ME)).json()
    sent = (await browser.get(ME, headers=bearer)).json()

    who = {"actor": "person:ana", "role": "admin"}
    assert sent == who | {"by": "token", "until": None}
    left = datetime.fromisoformat(mine.pop("until")) - datetime.now(UTC)
    assert mine == who | {"by": "session"}
    assert timedelta(hours=23) < left <= timedelta(hours=24)


async def test_the_directory_holds_no_session_that_could_be_used(
    browser: httpx.AsyncClient, door: OpenDoor, tmp_path: Path
) -> None:
    await sign_in(browser, door)

    value = browser.cookies[COOKIE].encode()
    assert not [
        path for path in tmp_path.rglob("*") if path.is_file() and value in path.read_bytes()
    ]
    found = sqlite3.connect(next(tmp_path.rglob("directory.sqlite")))
    assert found.execute("SELECT count(*) FROM sessions").fetchone() == (1,)


async def test_a_cookie_that_was_stolen_ends_with_the_session(
    browser: httpx.AsyncClient, door: OpenDoor
) -> None:
    await sign_in(browser, door)
    stolen = dict(browser.cookies)

    left = await post(browser, "/sign-out", door.origin)

    assert (left.status_code, left.headers["Location"]) == (303, "/sign-in")
    assert COOKIE not in browser.cookies
    async with door.browser() as thief:
        thief.cookies.update(stolen)
        assert (await thief.get(ANYWHERE)).status_code == 401


async def test_signing_out_everywhere_ends_every_session(
    browser: httpx.AsyncClient, door: OpenDoor
) -> None:
    await sign_in(browser, door)
    async with door.browser() as other:
        await sign_in(other, door)
        assert (await other.get(ANYWHERE)).status_code == 200

        asked = await browser.get("/sign-out")
        assert ("Sign out here" in asked.text, "Sign out everywhere" in asked.text) == (True, True)
        await post(browser, "/sign-out", door.origin, everywhere="1")

        assert (await other.get(ANYWHERE)).status_code == 401


async def test_a_token_that_is_revoked_takes_its_sessions_along(
    browser: httpx.AsyncClient, door: OpenDoor
) -> None:
    async with Api(door.origin, door.token) as api:
        made = await api.make_token("bo", role=Role.DEVELOPER)
        await browser.post("/sign-in", data={"token": made.token}, headers={"Origin": door.origin})
        assert (await browser.get("/api/openapi.json")).status_code == 200

        await api.revoke_token(made.id)

    assert (await browser.get("/api/openapi.json")).status_code == 401


async def test_another_sites_page_can_change_nothing_with_a_cookie(
    browser: httpx.AsyncClient, door: OpenDoor
) -> None:
    await sign_in(browser, door)
    body = {"name": "evil", "role": "admin"}

    for headers in ({"Origin": "https://evil.example.com"}, {"Sec-Fetch-Site": "cross-site"}, {}):
        assert (await browser.post(ANYWHERE, json=body, headers=headers)).status_code == 403
    assert (
        await browser.post(ANYWHERE, json=body, headers={"Origin": door.origin})
    ).status_code == 201
    out = await post(browser, "/sign-out", "https://evil.example.com")
    into = await post(browser, "/sign-in", "https://evil.example.com", token=door.token)
    assert (out.status_code, into.status_code) == (403, 403)
    assert (await browser.get(ANYWHERE)).status_code == 200


async def test_another_sites_page_opens_no_websocket_with_a_cookie(
    browser: httpx.AsyncClient, door: OpenDoor
) -> None:
    await sign_in(browser, door)
    shake = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Version": "13",
    }

    for origin in ("https://evil.example.com", "null", "http://["):
        answer = await browser.get("/_event/", headers=shake | {"Origin": origin})
        assert answer.status_code == 403
        assert answer.json()["detail"] == "Another site's page asked for this."


@pytest.mark.parametrize("origin", ["http://[", "null", "://", "http://a@b:c"])
async def test_an_origin_of_junk_is_another_one(
    browser: httpx.AsyncClient, door: OpenDoor, origin: str
) -> None:
    for path in ("/sign-in", "/sign-out"):
        assert (await post(browser, path, origin, token=door.token)).status_code == 403


async def test_a_session_that_somebody_else_chose_is_not_used(
    browser: httpx.AsyncClient, door: OpenDoor
) -> None:
    browser.cookies.set(COOKIE, "chosen-by-somebody-else", domain="127.0.0.1")

    await sign_in(browser, door)

    assert browser.cookies.get(COOKIE) != "chosen-by-somebody-else"


@pytest.mark.parametrize("junk", ["", "x", "a" * 5000, "%00", "ä", '"', "a b"])
async def test_a_cookie_of_junk_is_nobody(door: OpenDoor, junk: str) -> None:
    async with httpx.AsyncClient(base_url=door.origin) as program:
        headers = [(b"Cookie", f"{COOKIE}={junk}".encode())]
        assert (await program.get(ANYWHERE, headers=headers)).status_code == 401


async def test_a_wrong_token_is_said_to_be_wrong_and_guessing_is_slowed(
    browser: httpx.AsyncClient, door: OpenDoor
) -> None:
    wrong = await sign_in(browser, door, token="<script>alert(1)</script>")
    assert wrong.status_code == 401
    assert "not known here" in wrong.text
    assert "alert(1)" not in wrong.text
    statuses = [(await sign_in(browser, door, token=str(n))).status_code for n in range(15)]
    assert statuses[-1] == 429


@pytest.mark.parametrize("body", [b"token=" + b"x" * (17 << 10), b"&" * 20, b"\xff\xfe"])
async def test_a_form_of_junk_is_refused(
    browser: httpx.AsyncClient, door: OpenDoor, body: bytes
) -> None:
    answer = await browser.post("/sign-in", content=body, headers={"Origin": door.origin})

    assert answer.status_code in {400, 401, 413}


async def test_a_link_signs_in_once_and_only_when_somebody_says_so(
    browser: httpx.AsyncClient, door: OpenDoor
) -> None:
    async with Api(door.origin, door.token) as api:
        link = await api.sign_in_link()
    page = await browser.get(link)
    assert "Go on as <strong>ana</strong>" in page.text
    assert COOKIE not in browser.cookies
    code = re.search(r'name="code" value="([^"]+)"', page.text)
    assert code

    entered = await post(browser, "/sign-in", door.origin, code=code[1])
    again = await post(browser, "/sign-in", door.origin, code=code[1])

    assert (entered.status_code, again.status_code) == (303, 401)
    assert (await browser.get(ANYWHERE)).status_code == 200
    assert (await browser.get(link)).status_code == 401


async def test_a_domain_is_served_with_tls_and_its_cookie_is_for_it_alone(
    tmp_path: Path, nats_url: str
) -> None:
    address = Address(port=free_port(), domain="localhost")
    async with open_door(tmp_path, nats_url, address) as door, door.browser() as browser:
        assert door.origin == f"https://localhost:{address.port}"

        signed_in = await sign_in(browser, door)

        cookie = signed_in.headers["Set-Cookie"]
        assert cookie.startswith("__Host-trellis_session=")
        assert all(word in cookie for word in ("Secure", "HttpOnly", "Path=/"))
        assert "Domain" not in cookie
        assert (await browser.get(ANYWHERE)).status_code == 200
        in_the_clear = door.origin.replace("https:", "http:")
        assert (await post(browser, "/sign-out", in_the_clear)).status_code == 403
