"""What a browser is believed: whence it asks, where it may be led, what it wants (pure)."""

from collections.abc import Mapping
from urllib.parse import urlsplit

_SAFE = {"GET", "HEAD", "OPTIONS"}
_LONGEST_PATH = 2000
HOME = "/"
_API = "/api/"


def may_ask(headers: Mapping[str, str], method: str) -> bool:
    """Whether a request that a cookie vouches for comes from a page of this very origin.

    One that names its origin must name ours, whatever it asks: so does a websocket's handshake. One
    that changes something must say whence it comes, by `Origin` or `Sec-Fetch-Site`.
    """
    origin = headers.get("origin")
    if origin is not None:
        return origin in _origins(headers)
    if method.upper() in _SAFE:
        return True
    return headers.get("sec-fetch-site") == "same-origin"


def _origins(headers: Mapping[str, str]) -> set[str]:
    """Ours. In the clear also with TLS, which another proxy may have ended; never the reverse."""
    host = headers.get("host")
    schemes = ("https",) if headers.get("x-forwarded-proto") == "https" else ("http", "https")
    return {f"{scheme}://{host}" for scheme in schemes} if host else set()


def wants_page(headers: Mapping[str, str], method: str) -> bool:
    """Whether a person is looking: they are led to sign in, where a program is answered 401.

    Nobody looks at the API: some programs say that they accept HTML, and would take the page of
    signing in for an answer.
    """
    if method.upper() != "GET" or "text/html" not in headers.get("accept", ""):
        return False
    if headers.get("x-forwarded-uri", HOME).startswith(_API):
        return False
    return headers.get("sec-fetch-mode", "navigate") == "navigate"


def path_of(given: str | None) -> str:
    """Give the path of this origin that somebody asked to be led to, or else the first page.

    Browsers take two slashes, a backslash and control characters for ways to another host.
    """
    if not given or len(given) > _LONGEST_PATH or not given.startswith("/"):
        return HOME
    if given[1:2] in {"/", "\\"} or "\\" in given or not given.isprintable():
        return HOME
    parts = urlsplit(given)
    if parts.scheme or parts.netloc or parts.path.startswith(("/sign-in", "/sign-out")):
        return HOME
    return given
