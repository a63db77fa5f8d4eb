"""What ingest is told so that it can ask GitHub's API, and who is not told it."""

import pytest

from cli.service_settings import KINDS, check, environment_of
from services.chassis.settings import SettingsRejected

TOKEN = "ghp_of-somebody"
GIVEN = {
    "HOME": "/home/ana",
    "TRELLIS_GITHUB_TOKEN": TOKEN,
    "TRELLIS_GITHUB_API": "https://github.example/api/v3",
    "TRELLIS_RECONCILE_SECONDS": "60",
    "HTTPS_PROXY": "http://proxy.example:3128",
}


def test_the_token_is_for_ingest_alone() -> None:
    told = {service for service in KINDS if TOKEN in environment_of(service, GIVEN).values()}
    assert told == {"ingest"}


def test_who_asks_what_was_missed_is_told_how_often() -> None:
    name = "TRELLIS_RECONCILE_SECONDS"
    assert {one for one in KINDS if name in environment_of(one, GIVEN)} == {
        "ingest",
        "orchestrator",
    }


def test_ingest_goes_by_the_proxy_only_if_it_has_a_token_and_never_to_this_machine() -> None:
    environment = environment_of("ingest", GIVEN)
    assert environment["HTTPS_PROXY"] == GIVEN["HTTPS_PROXY"]
    assert environment["NO_PROXY"] == "127.0.0.1,localhost"
    del (without := dict(GIVEN))["TRELLIS_GITHUB_TOKEN"]
    assert "HTTPS_PROXY" not in environment_of("ingest", without)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TRELLIS_GITHUB_TOKEN", "ghp_two\nlines"),
        ("TRELLIS_GITHUB_TOKEN", "ghp_ünicode"),
        ("TRELLIS_GITHUB_API", "http://api.github.com"),
        ("TRELLIS_GITHUB_API", "https://ana:hidden@api.github.com"),
        ("TRELLIS_GITHUB_API", "https://api.github.com/?to=hidden"),
        ("TRELLIS_RECONCILE_SECONDS", "0"),
    ],
)
def test_what_would_give_the_token_away_or_cannot_be_sent_is_refused(name: str, value: str) -> None:
    with pytest.raises(SettingsRejected, match=name) as refused:
        check(GIVEN | {name: value})
    assert "hidden" not in str(refused.value)
    assert "ghp_" not in str(refused.value)


def test_an_api_on_this_machine_needs_no_tls() -> None:
    for api in ("http://127.0.0.1:8080", "http://[::1]:8080", "http://localhost:8080"):
        check(GIVEN | {"TRELLIS_GITHUB_API": api})
