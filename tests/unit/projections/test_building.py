"""Whoever waits for views that are built anew is told how far they are."""

from services.projections.adapters.building import Building


class Watch:
    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def test_it_says_how_far_it_is_and_what_is_left() -> None:
    watch = Watch()
    building = Building(None, 10_000, now=watch)
    watch.seconds = 2.0
    assert building.reached(2_500)
    assert str(building) == (
        "they are being built: 2500 of 10000 events (25 %), 1250 a second, 6 s left"
    )


def test_it_counts_from_where_the_views_are() -> None:
    watch = Watch()
    building = Building(9_000, 10_000, now=watch)
    watch.seconds = 1.0
    assert building.reached(9_500)
    assert "500 of 1000 events (50 %)" in str(building)


def test_it_is_worth_saying_once_a_second() -> None:
    watch = Watch()
    building = Building(None, 10, now=watch)
    assert not building.reached(1)
    watch.seconds = 1.0
    assert building.reached(2)
    watch.seconds = 1.9
    assert not building.reached(3)


def test_an_empty_store_is_no_division_by_zero() -> None:
    assert "0 of 1 events" in str(Building(None, None))
