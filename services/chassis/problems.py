"""Every error that a service answers over HTTP: RFC 9457 problem+json that says what to do.

`install_problems(app)` turns what routes raise, and what the framework raises for them, into one
shape. Nothing of the inside and nothing that the asker sent is repeated in it.
"""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi.exceptions import HTTPException as RouteException
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse

from services.chassis.unavailable import Unavailable
from trellis_contracts.wording import IN_WORDS

MEDIA_TYPE = "application/problem+json"
_MOST_FAULTS = 20

_REMEDIES: Mapping[int, str] = {
    400: "Send a well-formed request: the API is described at /api/openapi.json.",
    401: "Send `Authorization: Bearer <token>`; an administrator makes one with "
    "`trellis token create NAME`.",
    403: "Ask an administrator for a token with a role that may do this.",
    404: "Check the address and its ids: the API is described at /api/openapi.json.",
    405: "Use a method that the header Allow names.",
    409: "Read the present state, then decide again.",
    413: "Send less.",
    415: "Send `Content-Type: application/json`.",
    422: "Correct what `errors` names, then send it again.",
    429: "Wait as long as the header Retry-After says.",
    503: "Send the same again, with the same Idempotency-Key, in a few seconds.",
}
_UNEXPECTED = "Tell whoever runs Trellis: the service's log has the cause."


class Fault(BaseModel):
    """One thing that is wrong with a request: where, and why. Never what was sent."""

    where: str
    reason: str


class ProblemView(BaseModel):
    """A problem as it is sent; `rule` names the decision that refused, where one did."""

    type: str
    title: str
    status: int
    detail: str
    remedy: str
    rule: str | None = None
    errors: tuple[Fault, ...] | None = None


class Problem(RouteException):
    """Raised by a route, or while FastAPI reads its body, it becomes the answer."""

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        remedy: str | None = None,
        rule: str | None = None,
        errors: Sequence[Fault] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Takes the status, what is the matter, and what to do if the usual is not it."""
        super().__init__(status, detail, headers)
        self.remedy = remedy or _REMEDIES.get(status, _UNEXPECTED)
        self.rule = rule
        self.errors = tuple(errors)

    def response(self) -> JSONResponse:
        """The problem as an answer; who guards a whole app sends it without raising."""
        title = HTTPStatus(self.status_code).phrase
        view = ProblemView(
            type=f"urn:trellis:problem:{title.lower().replace(' ', '-')}",
            title=title,
            status=self.status_code,
            detail=self.detail,
            remedy=self.remedy,
            rule=self.rule,
            errors=self.errors or None,
        )
        return JSONResponse(
            view.model_dump(exclude_none=True),
            self.status_code,
            headers=self.headers,
            media_type=MEDIA_TYPE,
        )


PROBLEM_RESPONSES: dict[int | str, dict[str, object]] = {
    status: {
        "description": HTTPStatus(status).phrase,
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemView"}}},
    }
    for status in (400, 401, 403, 404, 409, 413, 422, 429, 503)
}
"""What any guarded route may answer, for FastAPI's `responses`; `ProblemView` goes with it."""


def install_problems(app: Starlette) -> None:
    """Have every error of the app answered as a problem, the unexpected ones included.

    The server still gets an unexpected exception, so that it is logged once with its cause.
    """
    app.add_exception_handler(HTTPException, _on_http_exception)
    app.add_exception_handler(RequestValidationError, _on_invalid_request)
    app.add_exception_handler(Unavailable, _on_unavailable)
    app.add_exception_handler(Exception, _on_anything_else)


async def _on_http_exception(_request: Request, error: Exception) -> JSONResponse:
    if isinstance(error, Problem):
        return error.response()
    status = error.status_code if isinstance(error, HTTPException) else 500
    headers = error.headers if isinstance(error, HTTPException) else None
    return Problem(status, HTTPStatus(status).description, headers=headers).response()


async def _on_invalid_request(_request: Request, error: Exception) -> JSONResponse:
    found = error.errors() if isinstance(error, RequestValidationError) else ()
    faults = [
        Fault(where=".".join(str(part)[:64] for part in fault["loc"]), reason=_reason(fault))
        for fault in found[:_MOST_FAULTS]
    ]
    unreadable = any(fault["type"] == "json_invalid" for fault in found)
    if unreadable:
        return Problem(400, "The body is not JSON.", errors=faults).response()
    return Problem(422, "The request is not what this address takes.", errors=faults).response()


def _reason(fault: Mapping[str, Any]) -> str:
    """Say what it has to be; a pattern or a count of items tells people nothing."""
    limits = fault.get("ctx", {})
    if words := IN_WORDS.get(str(limits.get("pattern"))):
        return words
    if fault["type"] == "too_short" and isinstance(fault.get("input"), str):
        return f"It has at least {limits['min_length']} characters."
    return str(fault["msg"]).removeprefix("Value error, ")[:256]


async def _on_unavailable(_request: Request, _error: Exception) -> JSONResponse:
    detail = "A part of Trellis that this needs cannot be reached at the moment."
    return Problem(503, detail, headers={"Retry-After": "5"}).response()


async def _on_anything_else(_request: Request, _error: Exception) -> JSONResponse:
    return Problem(500, "Trellis failed, not your request.").response()
