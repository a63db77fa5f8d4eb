"""A service that cannot start ends with 1 and one sentence that says what to do."""

import asyncio
import os
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from starlette.applications import Starlette

from services.chassis.bus.errors import BusUnavailable
from services.chassis.event_store import open_event_store
from services.chassis.logging import configure_logging
from services.chassis.running import run_service
from services.chassis.settings import ChassisSettings

SERVICES = ("builder", "ingest", "logs", "orchestrator", "projections")
NO_BUS = "nats://127.0.0.1:1"


async def said_by(service: str, folder: Path, **settings: str) -> str:
    """What a service prints that ends with 1."""
    environment = {"PATH": os.environ["PATH"], "TRELLIS_DATA": str(folder / "data"), **settings}
    environment.setdefault("TRELLIS_KEYS", str(folder / "keys"))
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", f"services.{service}"),
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 1, said.decode()
    return said.decode()


@pytest.mark.parametrize("service", SERVICES)
async def test_a_setting_that_cannot_be_used_is_named(service: str, tmp_path: Path) -> None:
    said = await said_by(service, tmp_path, TRELLIS_NATS=NO_BUS, TRELLIS_LOG_LEVEL="loud")
    (line,) = said.splitlines()
    assert line.startswith("Trellis cannot start with these settings. Correct TRELLIS_LOG_LEVEL")


@pytest.mark.parametrize("service", SERVICES)
async def test_a_port_that_is_taken_is_named(service: str, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        said = await said_by(service, tmp_path, TRELLIS_NATS=NO_BUS, TRELLIS_PORT=port)
    assert said.splitlines()[-1].startswith(f"127.0.0.1:{port} is taken.")
    assert "Traceback" not in said


async def test_a_store_that_another_process_writes_is_named(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    store = open_event_store(f"sqlite:///{tmp_path}/data/events.sqlite")
    said = await said_by("orchestrator", tmp_path, TRELLIS_NATS=NO_BUS)
    await store.close()
    assert f"process {os.getpid()}" in said.splitlines()[-1]
    assert "Traceback" not in said


def app_that_fails_with(error: Exception) -> Starlette:
    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        await _fail(error)
        yield

    return Starlette(lifespan=lifespan)


async def _fail(error: Exception) -> None:
    raise error


def test_what_fails_as_it_starts_is_a_sentence(capfd: pytest.CaptureFixture[str]) -> None:
    silence = BusUnavailable("any subject", "nobody is there")
    with pytest.raises(SystemExit) as ended:
        run_service("logs", ChassisSettings, lambda _settings: app_that_fails_with(silence))
    configure_logging("tests")
    assert ended.value.code == str(silence)
    assert "Traceback" not in "".join(capfd.readouterr())


def test_what_nobody_knows_is_logged_with_where_it_came_from(
    capfd: pytest.CaptureFixture[str],
) -> None:
    odd = LookupError("odd")
    with pytest.raises(SystemExit) as ended:
        run_service("logs", ChassisSettings, lambda _settings: app_that_fails_with(odd))
    configure_logging("tests")
    assert ended.value.code == "The service did not start: odd"
    (logged,) = [line for line in capfd.readouterr().err.splitlines() if "Traceback" in line]
    assert "LookupError: odd" in logged


def test_a_service_may_have_errors_of_its_own_that_say_all() -> None:
    own = LookupError("there is no such archive")
    with pytest.raises(SystemExit) as ended:
        run_service(
            "logs",
            ChassisSettings,
            lambda _settings: app_that_fails_with(own),
            say_all=(LookupError,),
        )
    configure_logging("tests")
    assert ended.value.code == "there is no such archive"
