"""Sandboxes to test, with each bubblewrap that this machine has."""

from pathlib import Path

import pytest

from services.builder.adapters.isolation.bubblewrap import candidates
from services.builder.adapters.isolation.preparation import prepare
from services.builder.adapters.isolation.profile import Profile
from tests.support.sandboxes import Boxed, boxed


@pytest.fixture(
    params=candidates(), ids=lambda path: "debian" if path.parts[1] == "usr" else "wheel"
)
def bubblewrap(request: pytest.FixtureRequest) -> Path:
    """Debian's, and the wheel's."""
    program: Path = request.param
    return program


@pytest.fixture
def profile(bubblewrap: Path) -> Profile:
    return prepare(hidden=[], bubblewraps=[bubblewrap])


@pytest.fixture
def box(profile: Profile, tmp_path: Path) -> Boxed:
    """A sandbox whose output is kept."""
    return boxed(profile, tmp_path / "run")
