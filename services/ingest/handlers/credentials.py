"""The token that a request comes with."""

import re

from starlette.requests import Request

_BEARER = re.compile(r"[Bb]earer +([A-Za-z0-9_-]{16,128})")


def bearer_of(request: Request) -> str | None:
    """Give what the one `Authorization` header holds, if it reads like a token."""
    given = request.headers.getlist("Authorization")
    bearer = _BEARER.fullmatch(given[0]) if len(given) == 1 else None
    return bearer[1] if bearer else None
