"""The page of settings names every setting, and no other."""

import re
from pathlib import Path

import pytest

from dashboard.settings import DashboardSettings
from services.builder.settings import BuilderSettings
from services.chassis.settings import PREFIX, ChassisSettings
from services.ingest.settings import IngestSettings
from services.logs.settings import LogsSettings
from services.orchestrator.settings import OrchestratorSettings
from services.projections.settings import ProjectionsSettings

PAGE = Path(__file__).parents[2] / "docs" / "operations" / "settings.md"
KINDS: tuple[type[ChassisSettings], ...] = (
    BuilderSettings,
    DashboardSettings,
    IngestSettings,
    LogsSettings,
    OrchestratorSettings,
    ProjectionsSettings,
)


def _variables(kind: type[ChassisSettings]) -> set[str]:
    return {PREFIX + name.upper() for name in kind.model_fields}


def _named() -> set[str]:
    return set(re.findall(r"`(TRELLIS_[A-Z_]+[A-Z])`", PAGE.read_text()))


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_setting_is_explained(kind: type[ChassisSettings]) -> None:
    assert _variables(kind) <= _named()


def test_every_variable_on_the_page_is_a_setting() -> None:
    assert _named() <= set().union(*map(_variables, KINDS))
