"""Who goes too often waits; who floods from everywhere takes no memory."""

from hypothesis import given
from hypothesis import strategies as st

from services.ingest.domain.rates import Rate, network_of


def test_a_burst_passes_and_the_next_one_waits_until_there_is_room() -> None:
    rate = Rate(per_second=2, burst=3)
    waits = [rate.wait("a", now=0) for _ in range(4)]

    assert waits == [0, 0, 0, 0.5]
    assert rate.wait("b", now=0) == 0
    assert rate.wait("a", now=0.5) == 0
    assert rate.wait("a", now=0.5) == 0.5


@given(st.lists(st.floats(min_value=0, max_value=10), max_size=200))
def test_no_more_pass_than_the_burst_and_the_rate_allow(gaps: list[float]) -> None:
    rate, now, passed = Rate(per_second=1, burst=5), 0.0, 0
    for gap in gaps:
        now += gap
        passed += not rate.wait("a", now=now)

    assert passed <= 5 + now + 1e-6


def test_a_flood_from_new_addresses_does_not_grow_the_table() -> None:
    rate = Rate(per_second=1, burst=1, most=100)
    for number in range(10_000):
        rate.wait(str(number), now=number)

    assert len(rate) == 100


def test_an_asker_is_an_ipv4_address_or_a_64_of_ipv6() -> None:
    assert network_of("192.0.2.7") == network_of("::ffff:192.0.2.7") == "192.0.2.7"
    assert network_of("2001:db8::1") == network_of("2001:db8::ffff:2") == "2001:db8::/64"
    assert network_of("testclient") == "unknown"
