"""The app of a service that is only read: nobody is let in without an identity."""

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager

from fastapi import FastAPI

from services.chassis.health import Check, health_routes
from services.chassis.identity import Guard, Identities
from services.chassis.metrics import metrics_routes
from services.chassis.problems import install_problems
from services.chassis.settings import ChassisSettings

OPEN_PATHS = ("/health/", "/metrics")
"""What is answered without an identity. The front door leads to neither."""


def guarded_app(
    settings: ChassisSettings,
    lifespan: Callable[[FastAPI], AbstractAsyncContextManager[None]],
    checks: Mapping[str, Check],
) -> FastAPI:
    """Give an app that asks for an identity, answers errors as problems and tells its health."""
    app = FastAPI(lifespan=lifespan, openapi_url=None)
    install_problems(app)
    identities = Identities(settings.identity_public_key)
    app.add_middleware(Guard, identities=identities, unguarded=OPEN_PATHS)
    app.routes.extend(health_routes(checks))
    app.routes.extend(metrics_routes())
    return app
