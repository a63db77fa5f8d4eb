"""The cookie that holds a session's id: for this origin alone, and for no script."""

from datetime import timedelta

from pydantic import SecretStr
from starlette.requests import Request
from starlette.responses import Response

_NAME = "trellis_session"
_OVER_TLS = f"__Host-{_NAME}"
"""A browser takes a cookie of such a name from this very host over TLS alone (RFC 6265bis)."""
_LONGEST = 128


def session_of(request: Request) -> str | None:
    """Give the session that a request comes with, if its cookie reads like one."""
    value = request.cookies.get(_name(request), "")
    return value if 0 < len(value) <= _LONGEST and value.isascii() else None


def with_session(
    answer: Response, request: Request, value: SecretStr, *, lives: timedelta
) -> Response:
    """Let the browser keep a session."""
    answer.set_cookie(
        _name(request),
        value.get_secret_value(),
        max_age=round(lives.total_seconds()),
        secure=_over_tls(request),
        httponly=True,
        samesite="lax",
    )
    return answer


def cleared(answer: Response, request: Request) -> Response:
    """Let the browser forget it."""
    answer.delete_cookie(_name(request), secure=_over_tls(request), httponly=True, samesite="lax")
    return answer


def _name(request: Request) -> str:
    return _OVER_TLS if _over_tls(request) else _NAME


def _over_tls(request: Request) -> bool:
    """The front door says it; nobody else reaches ingest."""
    return request.headers.get("x-forwarded-proto", request.url.scheme) == "https"
