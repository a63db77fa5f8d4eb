"""What a browser is believed, and where it may be led."""

import pytest

from services.ingest.domain.browsing import may_ask, path_of, wants_page

HOST = {"host": "trellis.example.com"}
OURS, THEIRS = "https://trellis.example.com", "https://evil.example.com"
IN_THE_CLEAR, OVER_TLS = "http://trellis.example.com", {"x-forwarded-proto": "https"}


@pytest.mark.parametrize(
    ("method", "headers", "allowed"),
    [
        ("GET", {}, True),
        ("HEAD", {}, True),
        ("POST", {}, False),
        ("POST", {"origin": OURS}, True),
        ("POST", {"origin": THEIRS}, False),
        ("POST", {"origin": "null"}, False),
        ("POST", {"origin": f"{OURS}.evil.example.com"}, False),
        ("POST", {"origin": f"{OURS}:8443"}, False),
        ("POST", {"sec-fetch-site": "same-origin"}, True),
        ("POST", {"sec-fetch-site": "same-site"}, False),
        ("POST", {"sec-fetch-site": "cross-site"}, False),
        ("DELETE", {"sec-fetch-site": "same-origin", "origin": THEIRS}, False),
        ("GET", {"origin": THEIRS}, False),
        ("GET", {"origin": OURS}, True),
        ("POST", {"origin": IN_THE_CLEAR}, True),
        ("POST", {"origin": OURS} | OVER_TLS, True),
        ("POST", {"origin": IN_THE_CLEAR} | OVER_TLS, False),
        ("GET", {"origin": IN_THE_CLEAR} | OVER_TLS, False),
        ("POST", {"origin": "http://["}, False),
        ("POST", {"origin": ""}, False),
        ("POST", {"origin": "null", "host": ""}, False),
        ("POST", {"origin": "https://", "host": ""}, False),
    ],
)
def test_only_a_page_of_this_origin_may_change_something(
    *, method: str, headers: dict[str, str], allowed: bool
) -> None:
    assert may_ask(HOST | headers, method) is allowed


@pytest.mark.parametrize(
    ("given", "led_to"),
    [
        ("/applications/shop?tab=log#end", "/applications/shop?tab=log#end"),
        ("/", "/"),
        (None, "/"),
        ("", "/"),
        ("https://evil.example.com/", "/"),
        ("//evil.example.com", "/"),
        ("/\\evil.example.com", "/"),
        ("/a\\b", "/"),
        ("/\t/evil.example.com", "/"),
        ("/\n//evil.example.com", "/"),
        ("javascript:alert(1)", "/"),
        ("applications", "/"),
        ("/sign-in?next=/x", "/"),
        ("/sign-out", "/"),
        ("/" + "a" * 3000, "/"),
    ],
)
def test_nobody_is_led_to_another_host(given: str | None, led_to: str) -> None:
    assert path_of(given) == led_to


@pytest.mark.parametrize(
    ("method", "headers", "page"),
    [
        ("GET", {"accept": "text/html,*/*"}, True),
        ("GET", {"accept": "text/html", "sec-fetch-mode": "navigate"}, True),
        ("GET", {"accept": "text/html", "sec-fetch-mode": "cors"}, False),
        ("GET", {"accept": "application/json"}, False),
        ("GET", {"accept": "text/html", "x-forwarded-uri": "/api/v1/tokens"}, False),
        ("GET", {"accept": "text/html", "x-forwarded-uri": "/applications?api=1"}, True),
        ("GET", {}, False),
        ("POST", {"accept": "text/html"}, False),
    ],
)
def test_a_person_who_looks_is_told_from_a_program(
    *, method: str, headers: dict[str, str], page: bool
) -> None:
    assert wants_page(headers, method) is page
