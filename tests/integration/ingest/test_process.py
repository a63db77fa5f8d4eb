"""Ingest as a process of its own, asked over a socket by senders of every kind."""

import asyncio
import signal
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from services.ingest.app import bootstrap, open_rooms
from tests.support.actors.github import GitHub, body_of
from tests.support.ingest import ingest_settings
from tests.support.ingest_process import running_process, started
from trellis_contracts.names import new_id
from trellis_contracts.rights import HEADER

MIB = 1024 * 1024
HOOK = "h" * 32
FORGED = {"X-Hub-Signature-256": "sha256=" + "0" * 64}


async def _with_a_hook(folder: Path, nats_url: str) -> GitHub:
    rooms = open_rooms(ingest_settings(folder, nats_url))
    await rooms.directory.open()
    hook = await rooms.hooks.add(
        HOOK, application=new_id(), repository="acme/orders", made_by="person:ana"
    )
    await rooms.directory.close()
    return GitHub(hook.secret.get_secret_value())


async def test_it_serves_until_it_is_told_to_end(tmp_path: Path, nats_url: str) -> None:
    github = await _with_a_hook(tmp_path, nats_url)
    token = await bootstrap(ingest_settings(tmp_path, nats_url), actor="person:ana")
    assert token
    async with running_process(tmp_path, nats_url) as ingest:
        async with httpx.AsyncClient(base_url=ingest.url) as client:
            asked = {"Authorization": f"Bearer {token.get_secret_value()}"}
            identity = (await client.get("/identity", headers=asked)).headers[HEADER]
            listed = await client.get("/api/v1/tokens", headers={HEADER: identity})
            body = body_of(github.push())
            hook = f"/webhooks/github/{HOOK}"
            taken = await client.post(hook, content=body, headers=github.headers(body))
        ingest.process.send_signal(signal.SIGTERM)
        _, errors = await asyncio.wait_for(ingest.process.communicate(), 5)

    assert ingest.process.returncode == 0
    assert (listed.status_code, taken.status_code) == (200, 202)
    for secret in (token.get_secret_value(), github.secret, identity):
        assert secret.encode() not in errors


def _head(framing: str) -> bytes:
    lines = [f"POST /webhooks/github/{HOOK} HTTP/1.1", "Host: ingest", framing]
    lines += [f"{name}: {value}" for name, value in FORGED.items()]
    return "\r\n".join([*lines, "", ""]).encode()


async def test_an_endless_body_is_cut_and_takes_little_memory(
    tmp_path: Path, nats_url: str
) -> None:
    piece = b"%x\r\n%s\r\n" % (MIB, b" " * MIB)
    async with running_process(tmp_path, nats_url) as ingest:
        before = most = ingest.resident()
        reader, writer = await asyncio.open_connection("127.0.0.1", ingest.port)
        answer = asyncio.create_task(reader.readline())
        writer.write(_head("Transfer-Encoding: chunked"))
        sent = 0
        with suppress(ConnectionError):
            while not answer.done() and sent < 5000:
                writer.write(piece)
                await writer.drain()
                sent += 1
                most = max(most, ingest.resident())
        writer.close()

    assert b" 413 " in await answer
    assert sent < 60
    assert most - before < 60 * MIB


@pytest.mark.slow
async def test_a_body_that_trickles_is_ended_after_ten_seconds(
    tmp_path: Path, nats_url: str
) -> None:
    async with running_process(tmp_path, nats_url) as ingest:
        reader, writer = await asyncio.open_connection("127.0.0.1", ingest.port)
        writer.write(_head("Content-Length: 1000000"))
        began = asyncio.get_running_loop().time()
        answer = asyncio.create_task(reader.read())
        while not answer.done():
            writer.write(b" ")
            await asyncio.wait({answer}, timeout=1)
        took = asyncio.get_running_loop().time() - began
        writer.close()

    assert b" 408 " in await answer
    assert 9 < took < 13


async def test_a_token_can_be_made_while_ingest_is_down_and_not_beside_it(
    tmp_path: Path, nats_url: str
) -> None:
    made = await started(tmp_path, nats_url, "token", "ana")
    output, _ = await made.communicate()
    async with running_process(tmp_path, nats_url) as ingest:
        beside = await started(tmp_path, nats_url, "token", "bob")
        _, told = await beside.communicate()
        async with httpx.AsyncClient(base_url=ingest.url) as client:
            asked = {"Authorization": f"Bearer {output.decode().strip()}"}
            answer = await client.get("/identity", headers=asked)

    assert (made.returncode, answer.status_code, beside.returncode) == (0, 200, 1)
    assert b"while Trellis runs, ask it" in told
    assert b"Traceback" not in told


async def test_what_keeps_it_from_starting_is_one_sentence(tmp_path: Path) -> None:
    process = await started(tmp_path, "")
    _, told = await process.communicate()

    assert process.returncode == 1
    assert b"TRELLIS_NATS" in told
    assert b"Traceback" not in told
