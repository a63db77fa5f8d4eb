"""Fixtures for every test; helpers live in tests/support."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from pytest_socket import disable_socket, enable_socket

from services.chassis.logging import configure_logging
from tests.support.nats import running_nats

UNIT = Path(__file__).with_name("unit")


@pytest.fixture(scope="session", autouse=True)
def _plain_log() -> None:
    configure_logging("tests")


@pytest.fixture(autouse=True)
def _unit_tests_reach_no_network(request: pytest.FixtureRequest) -> Iterator[None]:
    if UNIT in request.path.parents:
        disable_socket(allow_unix_socket=True)
    yield
    enable_socket()


@pytest.fixture
async def nats_url(tmp_path: Path) -> AsyncIterator[str]:
    """A nats-server of this test alone; the URL holds its password."""
    async with running_nats(tmp_path / "nats") as server:
        yield server.url
