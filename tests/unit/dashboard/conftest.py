"""Nothing of these tests needs pages that are built, and none writes into the working directory."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from dashboard.config import prepare_serving
from tests.support.dashboard import Services, furnished

prepare_serving()


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    """Played services that the states of this process reach."""
    with furnished(tmp_path) as played:
        yield played
