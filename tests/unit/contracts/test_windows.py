"""A window is written as it is read."""

import pytest

from trellis_contracts.rules import Window, WindowKind
from trellis_contracts.windows import window, window_of


@pytest.mark.parametrize(
    "text",
    ["deny 0 18 * * fri 62h Europe/Rome", "allow 0 9 * * mon-fri 8h UTC", "deny * * * * * 90m UTC"],
)
def test_a_window_is_read_as_it_is_written(text: str) -> None:
    assert window(window_of(text)) == text


def test_a_window_without_a_zone_is_of_utc() -> None:
    assert window_of(" deny 0 0 24 12 * 3d ") == Window(
        kind=WindowKind.DENY, opens="0 0 24 12 *", minutes=3 * 1440
    )


@pytest.mark.parametrize("text", ["", "deny tomorrow", "deny 0 18 * * fri 62x", "0 18 * * fri 62h"])
def test_what_is_no_window_says_how_one_is_written(text: str) -> None:
    with pytest.raises(ValueError, match="write one like 'deny 0 18"):
        window_of(text)


def test_a_window_that_is_too_long_is_none() -> None:
    with pytest.raises(ValueError, match="minutes"):
        window_of("deny 0 18 * * fri 40d")
