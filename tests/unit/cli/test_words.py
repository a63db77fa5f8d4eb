"""What the command line says is made by pure functions."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from cli.demo.timeline import faster
from cli.naming import CommitUnclear, UnknownName, whole_commit
from trellis_contracts.health import HealthView
from trellis_contracts.sentences import ago, duration, waiting
from trellis_contracts.views import ApplicationView

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.04, "0.0 s"), (3.24, "3.2 s"), (125, "2 min 5 s"), (3840, "1 h 4 min")],
)
def test_a_length_of_time_is_written_in_its_largest_units(seconds: float, said: str) -> None:
    assert duration(seconds) == said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(-5, "0 s ago"), (59, "59 s ago"), (60, "1 min ago"), (7300, "2 h ago"), (200_000, "2 d ago")],
)
def test_how_long_ago_is_written_in_one_unit(seconds: int, said: str) -> None:
    assert ago(NOW - timedelta(seconds=seconds), NOW) == said


def test_a_rollback_is_compared_with_a_whole_deploy() -> None:
    assert "4.0 times as fast" in faster(0.5, 2.0)


def test_a_rollback_that_was_not_faster_is_not_praised() -> None:
    assert "fast" not in faster(2.0, 1.0)


def test_an_unknown_name_says_what_was_meant_and_what_there_is() -> None:
    error = UnknownName("environment", "stagging", ["development", "staging"])
    assert "Did you mean staging?" in str(error)
    assert error.remedy == "Known: development, staging."


def test_the_first_name_ever_is_told_how_to_begin() -> None:
    assert "trellis apps create" in str(UnknownName("application", "shop", []).remedy)


def test_a_commit_is_known_by_its_beginning() -> None:
    one, other = "a1b2c3d" + "0" * 33, "a1b2c3d" + "1" * 33
    shop = ApplicationView(
        application_id=UUID(int=1),
        name="shop",
        repository="https://github.com/acme/shop",
        default_branch="main",
        created_at=NOW,
        heads={"main": one},
    )
    assert whole_commit(shop, "a1b2c3d") == one
    assert whole_commit(shop, other) == other
    both = shop.model_copy(update={"heads": {"main": one, "next": other}})
    for application, commit in ((shop, "a1b2c3"), (shop, "b1b2c3d"), (both, "a1b2c3d")):
        with pytest.raises(CommitUnclear) as unclear:
            whole_commit(application, commit)
        assert unclear.value.remedy == f"Name it by all its 40 digits: git rev-parse {commit}"


def test_what_waits_is_said_and_what_does_not_is_not() -> None:
    waits = HealthView(services={}, waiting={"deliveries": 3, "runs": 0, "put aside": 1})
    assert waiting(waits) == [
        "Deliveries wait to be decided: 3.",
        "Messages put aside after their last attempt: 1 (stream DEAD on the bus).",
    ]
    assert waiting(HealthView(services={})) == []


def test_an_installation_is_well_when_every_part_is() -> None:
    well = {"ingest": {"bus": "ok"}, "builder": {"bus": "ok", "isolation": "ok"}}
    assert HealthView(services=well).well
    assert not HealthView(services=well | {"logs": {"process": "does not answer"}}).well
