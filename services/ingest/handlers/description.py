"""`GET /api/openapi.json`: what the API takes and answers, for whoever may read."""

from fastapi import APIRouter, Depends, FastAPI
from fastapi.openapi.utils import get_openapi
from starlette.responses import JSONResponse

from services.chassis.identity import identified
from services.chassis.problems import ProblemView
from trellis_contracts.rights import Right

OPENAPI = "/api/openapi.json"

_ABOUT = (
    "Commands to Trellis. Every request carries `Authorization: Bearer <token>`. A command is "
    "answered after its event is stored; send an `Idempotency-Key` (a UUID) to repeat it safely. "
    "Errors are problem+json (RFC 9457) with a `remedy`."
)


class Description:
    """The OpenAPI document of an app, made when it is first asked for."""

    def __init__(self, app: FastAPI) -> None:
        """Takes the app, which may get more routes until then."""
        self._app = app
        self._document: dict[str, object] | None = None

    def router(self) -> APIRouter:
        """The route, which is not described in what it answers."""
        router = APIRouter()
        reader = Depends(identified(Right.READ))
        router.get(OPENAPI, include_in_schema=False, dependencies=[reader])(self.describe)
        return router

    async def describe(self) -> JSONResponse:
        """Give the document."""
        if self._document is None:
            self._document = _document(self._app)
        return JSONResponse(self._document)


def _document(app: FastAPI) -> dict[str, object]:
    document = get_openapi(
        title="Trellis", version=app.version, description=_ABOUT, routes=app.routes
    )
    components = document.setdefault("components", {})
    components.setdefault("schemas", {}).update(_problem_schemas())
    components["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    document["security"] = [{"token": []}]
    return document


def _problem_schemas() -> dict[str, object]:
    schema = ProblemView.model_json_schema(ref_template="#/components/schemas/{model}")
    return {**schema.pop("$defs", {}), "ProblemView": schema}
