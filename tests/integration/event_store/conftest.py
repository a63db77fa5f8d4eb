"""A place for a store's file."""

from pathlib import Path

import pytest


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "events.db"


@pytest.fixture
def url(file: Path) -> str:
    return f"sqlite:///{file}"
