"""The dashboard as a process: ready in a moment, served without Node, and shut to strangers."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
import websockets
from websockets.exceptions import InvalidStatus
from websockets.typing import Origin

from dashboard import export
from services.chassis.children import free_port
from services.ingest.adapters.signing import Signer, open_signer
from trellis_contracts.rights import HEADER, Role

pytestmark = pytest.mark.skipif(
    not export.is_fresh(), reason="THE DASHBOARD IS NOT TESTED: its pages are not built"
)
HYDRATE = "reflex___state____state.hydrate"


@dataclass(frozen=True)
class Running:
    url: str
    port: int
    signer: Signer

    def signed(self) -> dict[str, str]:
        return {HEADER: self.signer.sign("person:ana", Role.ADMIN)}

    async def shaken(self, headers: dict[str, str], origin: str | None) -> list[str]:
        """Shake hands, send an event as a page does, and give what is said within a second."""
        uri = f"ws://127.0.0.1:{self.port}/_event/?EIO=4&transport=websocket&token=t"
        said: list[str] = []
        async with websockets.connect(
            uri,
            additional_headers=headers,
            origin=Origin(origin) if origin else None,
            proxy=None,
        ) as socket:
            await socket.send("40/_event,")
            event = {"name": HYDRATE, "payload": {}, "router_data": {"pathname": "/"}}
            await socket.send(f"42/_event,{json.dumps(['event', event])}")
            try:
                async with asyncio.timeout(1.5):
                    while True:
                        said.append(str(await socket.recv()))
            except TimeoutError:
                return said


@asynccontextmanager
async def started(folder: Path) -> AsyncIterator[Running]:
    """It alone, in an empty folder and without Node; every service that it asks is away."""
    signer = open_signer(folder / "keys" / "identity.pem", folder / "identity" / "public.pem")
    port, nowhere = free_port(), f"http://127.0.0.1:{free_port()}"
    environment = {
        "HOME": str(folder / "home"),
        "TRELLIS_DATA": str(folder),
        "TRELLIS_PORT": str(port),
        "TRELLIS_INGEST_URL": nowhere,
        "TRELLIS_PROJECTIONS_URL": nowhere,
    }
    (folder / "empty").mkdir()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", "dashboard"), env=environment, cwd=folder / "empty",
        stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        await until_ready(port)
        yield Running(f"http://127.0.0.1:{port}", port, signer)
    finally:
        process.terminate()
        await asyncio.wait_for(process.wait(), 10)


async def until_ready(port: int) -> None:
    async with httpx.AsyncClient(trust_env=False) as client, asyncio.timeout(30):
        while True:
            try:
                answer = await client.get(f"http://127.0.0.1:{port}/health/ready")
            except httpx.TransportError:
                await asyncio.sleep(0.05)
            else:
                assert answer.status_code == 200
                return


async def test_it_serves_what_was_built_and_writes_nothing(tmp_path: Path) -> None:
    async with started(tmp_path) as running, httpx.AsyncClient(trust_env=False) as client:
        page = await client.get(running.url, headers=running.signed())
        assert page.status_code == 200
        assert "<title>" in page.text
        deep = f"{running.url}/applications/shop/development/deployments/1"
        assert (
            "text/html"
            in (await client.get(deep, headers=running.signed())).headers["content-type"]
        )
        for path in ("/", "/assets/x.js", "/favicon.svg", "/_health", "/_all_routes"):
            assert (await client.get(running.url + path)).status_code == 401
        assert not list((tmp_path / "empty").iterdir())
        assert not (tmp_path / "home").exists()


async def test_a_websocket_of_a_stranger_is_not_opened(tmp_path: Path) -> None:
    async with started(tmp_path) as running:
        for headers, origin in (
            ({}, running.url),
            (running.signed(), None),
            (running.signed(), "https://evil.example"),
            ({HEADER: "made.up.identity"}, running.url),
        ):
            with pytest.raises(InvalidStatus, match="403"):
                await running.shaken(headers, origin)


async def test_a_websocket_without_a_session_learns_nothing(tmp_path: Path) -> None:
    """The handshake's identity lives for a minute; what an event needs is a session, each time."""
    async with started(tmp_path) as running:
        said = " ".join(await running.shaken(running.signed(), running.url))

    assert "sign-in" in said
    assert "delta" not in said or '"delta":{}' in said


async def test_without_its_pages_it_says_how_to_build_them(tmp_path: Path) -> None:
    program = (
        "import dashboard.export as e, pathlib; e.WEB = pathlib.Path('/nowhere');"
        "import runpy; runpy.run_module('dashboard', run_name='__main__')"
    )
    ended = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", program), env={"PATH": os.environ["PATH"], "HOME": str(tmp_path)},
        stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    _, said = await ended.communicate()

    assert ended.returncode == 1
    assert said.decode().strip().endswith("Build them: make dashboard.")
