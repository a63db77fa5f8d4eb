import asyncio
import contextlib
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

from services.chassis.bus.sending import Bus
from services.chassis.bus_server import BusServer
from services.chassis.children import free_port
from services.chassis.health import health_routes
from services.chassis.metrics import metrics_routes
from services.chassis.serving import PortTaken, ServiceDidNotStart, serve
from services.chassis.settings import ChassisSettings
from tests.support.nats import kill_nats

ROOT = Path(__file__).parents[3]

APP = """
import asyncio, contextlib
from starlette.applications import Starlette
from services.chassis.bus.sending import Bus
from services.chassis.logging import configure_logging
from services.chassis.serving import serve
from services.chassis.settings import ChassisSettings, read_settings

settings = read_settings(ChassisSettings)
configure_logging("sample", settings.log_level)

@contextlib.asynccontextmanager
async def lifespan(app):
    bus = Bus(settings.bus_url(), service="sample")
    await bus.start()
    print("started", flush=True)
    yield
    await bus.stop()
    print("stopped", flush=True)

asyncio.run(serve(Starlette(lifespan=lifespan), settings))
"""


def app_of(bus: Bus) -> Starlette:
    @contextlib.asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        await bus.start()
        yield
        await bus.stop()

    return Starlette(
        routes=[*health_routes({"bus": bus.well}), *metrics_routes()], lifespan=lifespan
    )


async def test_a_service_is_ready_as_long_as_its_bus_answers(bus: Bus, server: BusServer) -> None:
    settings = ChassisSettings(port=free_port())
    serving = asyncio.create_task(serve(app_of(bus), settings))
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{settings.port}") as client:
        ready = await _answer(client, "/health/ready")
        assert (ready.status_code, ready.json()) == (200, {"bus": "ok"})
        await kill_nats(server)
        ill = await client.get("/health/ready")
        assert ill.status_code == 503
        assert ill.json()["bus"].startswith("The bus did not serve JetStream")
        assert (await client.get("/health/live")).status_code == 200
        assert "process_cpu_seconds_total" in (await client.get("/metrics")).text
    os.kill(os.getpid(), signal.SIGTERM)
    await asyncio.wait_for(serving, 15)


async def test_sigterm_ends_a_service_in_order(server: BusServer, tmp_path: Path) -> None:
    service = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        APP,
        cwd=ROOT,
        env={"TRELLIS_DATA": str(tmp_path), "TRELLIS_PORT": str(free_port())},
        stdout=asyncio.subprocess.PIPE,
    )
    assert server.pid is not None
    assert service.stdout is not None
    assert await asyncio.wait_for(service.stdout.readline(), 20) == b"started\n"
    service.terminate()
    assert await asyncio.wait_for(service.stdout.read(), 10) == b"stopped\n"
    assert await service.wait() == 0


async def test_one_signal_ends_every_service_of_a_process() -> None:
    ports = free_port(), free_port()
    both = [asyncio.create_task(serve(Starlette(), ChassisSettings(port=port))) for port in ports]
    for port in ports:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
            assert (await _answer(client, "/")).status_code == 404
    os.kill(os.getpid(), signal.SIGTERM)
    await asyncio.wait_for(asyncio.gather(*both), 10)


async def test_a_taken_port_is_named_before_anything_starts(bus: Bus) -> None:
    with socket.create_server(("127.0.0.1", 0)) as blocker:
        port = blocker.getsockname()[1]
        with pytest.raises(PortTaken, match=f"127.0.0.1:{port} is taken"):
            await serve(app_of(bus), ChassisSettings(port=port))


async def test_a_service_whose_start_fails_says_so() -> None:
    @contextlib.asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        await _refused()
        yield

    with pytest.raises(ServiceDidNotStart):
        await serve(Starlette(lifespan=lifespan), ChassisSettings())


async def _refused() -> None:
    raise ConnectionError


async def _answer(client: httpx.AsyncClient, path: str) -> httpx.Response:
    async with asyncio.timeout(10):
        while True:
            try:
                return await client.get(path)
            except httpx.ConnectError:
                await asyncio.sleep(0.02)
