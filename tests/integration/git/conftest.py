"""A git server with one repository, and a `Git` that may read it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.git_server import GitServer
from services.builder.adapters.git.repositories import Git
from services.builder.adapters.isolation.preparation import prepare
from tests.support.forges import TOKEN, Forge
from tests.support.git import folder_of_files
from tests.support.sandboxes import Boxed, boxed


@pytest.fixture
def box(tmp_path: Path) -> Boxed:
    return boxed(prepare(hidden=[], environ={"PATH": "/usr/bin:/bin"}), tmp_path / "run")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[GitServer]:
    """Serves `shop`, public."""
    with GitServer(tmp_path / "served") as running:
        running.create_repository("shop", folder_of_files(tmp_path / "files"))
        yield running


@pytest.fixture
def reader(box: Boxed, server: GitServer) -> Git:
    return Git(box.sandbox, (server.origin,))


@pytest.fixture
def forge(server: GitServer, box: Boxed, reader: Git) -> Forge:
    return Forge(server, box, reader)


@pytest.fixture
def private(server: GitServer, tmp_path: Path) -> str:
    """The URL of a private repository."""
    server.create_repository("vault", folder_of_files(tmp_path / "private"), token=TOKEN)
    return server.url("vault")
