"""Which deliveries are sent again: what never got through, the oldest first, and not for ever."""

from datetime import UTC, datetime, timedelta

import pytest

from services.ingest.domain.redelivery import (
    OLDEST,
    PAUSES,
    Attempt,
    ForgeHook,
    HookConfig,
    to_send_again,
)

NOW = datetime(2026, 1, 4, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def _attempt(id_: int, status: int, *, ago: timedelta = MINUTE, guid: str = "g") -> Attempt:
    return Attempt(id=id_, guid=guid, delivered_at=NOW - ago, status_code=status)


def _ids(*attempts: Attempt, asked: tuple[datetime, ...] = ()) -> list[int]:
    due = to_send_again(attempts, now=NOW, asked={"g": asked} if asked else {})
    return [one.id for one in due]


@pytest.mark.parametrize("status", [0, 301, 401, 404, 422, 500, 502, 503])
def test_what_did_not_get_through_is_sent_again(status: int) -> None:
    assert _ids(_attempt(1, status)) == [1]


@pytest.mark.parametrize("status", [200, 202, 204])
def test_what_got_through_is_not(status: int) -> None:
    assert _ids(_attempt(1, status)) == []


def test_nor_what_got_through_at_a_later_attempt_in_whatever_order_they_are_listed() -> None:
    failed, passed = _attempt(1, 502, ago=2 * MINUTE), _attempt(2, 202)
    assert _ids(failed, passed) == _ids(passed, failed) == []


def test_the_oldest_delivery_comes_first() -> None:
    old = _attempt(7, 502, ago=9 * MINUTE, guid="old")
    new = _attempt(8, 502, ago=MINUTE, guid="new")
    assert _ids(new, old) == [7, 8]


def test_what_github_would_no_longer_send_is_not_asked_for() -> None:
    assert _ids(_attempt(1, 502, ago=OLDEST)) == [1]
    assert _ids(_attempt(1, 502, ago=OLDEST + MINUTE)) == []


@pytest.mark.parametrize("times", range(1, len(PAUSES) + 1))
def test_the_pause_grows_with_each_attempt(times: int) -> None:
    pause = PAUSES[times - 1]
    tried = [_attempt(n, 502, ago=pause + (times - n) * MINUTE) for n in range(1, times + 1)]
    too_soon = [_attempt(n, 502, ago=pause + (times - n - 1) * MINUTE) for n in range(1, times + 1)]
    assert _ids(*tried) == [times]
    assert _ids(*too_soon) == []


def test_after_the_last_pause_nothing_is_asked_for() -> None:
    tried = [_attempt(n, 502, ago=timedelta(days=2, minutes=n)) for n in range(len(PAUSES) + 1)]
    assert _ids(*tried) == []


def test_what_was_asked_for_counts_although_github_does_not_list_it_yet() -> None:
    failed = _attempt(1, 502, ago=timedelta(hours=1))
    assert _ids(failed, asked=(NOW - MINUTE,)) == []
    assert _ids(failed, asked=(NOW - PAUSES[1],)) == [1]
    assert _ids(failed, asked=(NOW - timedelta(days=2),) * len(PAUSES)) == []


@pytest.mark.parametrize(
    ("url", "ours"),
    [
        ("https://ci.example/webhooks/github/h1", True),
        ("https://other.example/base/webhooks/github/h1", True),
        ("https://ci.example/webhooks/github/h10", False),
        ("https://ci.example/webhooks/github/h1/more", False),
        ("https://ci.example/?x=/webhooks/github/h1", False),
        ("https://[broken/webhooks/github/h1", False),
        ("", False),
    ],
)
def test_a_hook_is_known_by_where_it_leads(url: str, *, ours: bool) -> None:
    assert ForgeHook(id=1, config=HookConfig(url=url)).leads_to("h1") is ours
