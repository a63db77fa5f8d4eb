"""When an environment is frozen."""

from datetime import UTC, datetime, timedelta

import pytest

from services.orchestrator.domain.windows import fault_of, frozen_until
from trellis_contracts.rules import Window, WindowKind

FRIDAY_NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)
WEEKEND = Window(kind=WindowKind.DENY, opens="0 18 * * fri", minutes=62 * 60)
OFFICE = Window(kind=WindowKind.ALLOW, opens="0 9 * * mon-fri", minutes=8 * 60)
LUNCH = Window(kind=WindowKind.DENY, opens="30 11 * * *", minutes=60)


def test_without_windows_nothing_is_frozen() -> None:
    assert frozen_until((), FRIDAY_NOON) is None


def test_a_denying_window_freezes_while_it_is_open_and_says_until_when() -> None:
    opens = FRIDAY_NOON.replace(hour=18)
    assert frozen_until((WEEKEND,), opens - timedelta(minutes=1)) is None
    assert frozen_until((WEEKEND,), opens) == opens + timedelta(hours=62)
    assert frozen_until((WEEKEND,), opens + timedelta(hours=61)) == opens + timedelta(hours=62)
    assert frozen_until((WEEKEND,), opens + timedelta(hours=62)) is None


def test_where_something_is_allowed_all_else_is_frozen() -> None:
    assert frozen_until((OFFICE,), FRIDAY_NOON) is None
    evening = FRIDAY_NOON.replace(hour=20)
    assert frozen_until((OFFICE,), evening) == datetime(2026, 11, 30, 9, tzinfo=UTC)


def test_denying_beats_allowing() -> None:
    assert frozen_until((OFFICE, LUNCH), FRIDAY_NOON) == FRIDAY_NOON.replace(minute=30)


def test_a_window_opens_by_the_clock_of_its_time_zone() -> None:
    rome = WEEKEND.model_copy(update={"timezone": "Europe/Rome"})
    assert frozen_until((rome,), FRIDAY_NOON.replace(hour=17)) is not None
    assert frozen_until((rome,), FRIDAY_NOON.replace(hour=16, minute=59)) is None


def test_a_freeze_without_an_end_in_sight_ends_a_year_ahead() -> None:
    always = Window(kind=WindowKind.DENY, opens="* * * * *", minutes=60)
    assert frozen_until((always,), FRIDAY_NOON) == FRIDAY_NOON + timedelta(days=366)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"opens": "61 * * * *"}, "no cron expression"),
        ({"opens": "0 0 30 2 *"}, "no cron expression"),
        ({"timezone": "Europe/Rom"}, "no time zone"),
        ({"timezone": "/etc/passwd"}, "no time zone"),
    ],
)
def test_a_window_that_cannot_be_read_says_why(change: dict[str, str], said: str) -> None:
    assert said in (fault_of(WEEKEND.model_copy(update=change)) or "")
    assert fault_of(WEEKEND) is None
