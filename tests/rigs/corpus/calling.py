"""Calls what an application serves, in a way that needs to know nothing about it."""

from collections.abc import Iterable

import httpx

Calls = dict[str, int]
"""By method and number of the address, the status of the answer."""

_METHODS = ("GET", "POST")
_SECONDS = 60.0


def call(urls: Iterable[str]) -> Calls:
    """Ask each address by GET and by POST; give the statuses."""
    with httpx.Client(trust_env=False, timeout=_SECONDS) as client:
        return {
            f"{method} {number}": _status(client, method, url)
            for number, url in enumerate(sorted(urls))
            for method in _METHODS
        }


def _status(client: httpx.Client, method: str, url: str) -> int:
    try:
        return client.request(method, url, json={} if method == "POST" else None).status_code
    except httpx.HTTPError:
        return 0
