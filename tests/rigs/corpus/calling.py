"""Calls what an application serves, in a way that needs to know nothing about it."""

from collections.abc import Iterable

import httpx

Calls = dict[str, int]
"""By method and number of the address, the status of the answer."""

NOTHING = "answers nothing"
_BROKEN = 500
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


def shown(calls: Calls) -> str:
    """Say what it answers, as the table has it; that a server is broken is no answer."""
    if not calls:
        return "no address"
    if all(status == 0 or status >= _BROKEN for status in calls.values()):
        return NOTHING
    return ", ".join(f"{name}: {status}" for name, status in calls.items())


def _status(client: httpx.Client, method: str, url: str) -> int:
    try:
        return client.request(method, url, json={} if method == "POST" else None).status_code
    except httpx.HTTPError:
        return 0
