"""The one table of routes: which prefix is served by which service, and who is let in.

The front door is generated from it. The longest prefix wins. What is not guarded is served
without an identity: health, the webhook routes and sign-in, and nothing else.
"""

from typing import Literal

from trellis_contracts.message import Message

ServiceName = Literal["ingest", "projections", "logs", "dashboard"]


class Route(Message):
    """Requests under `prefix` go to `service`; `guarded` ones need an identity."""

    prefix: str
    service: ServiceName
    guarded: bool = True


ROUTES: tuple[Route, ...] = (
    Route(prefix="/webhooks/", service="ingest", guarded=False),
    Route(prefix="/health/", service="ingest", guarded=False),
    Route(prefix="/sign-in", service="ingest", guarded=False),
    Route(prefix="/sign-out", service="ingest", guarded=False),
    Route(prefix="/api/v1/views/", service="projections"),
    Route(prefix="/api/v1/feed", service="projections"),
    Route(prefix="/api/v1/logs/", service="logs"),
    Route(prefix="/api/", service="ingest"),
    Route(prefix="/", service="dashboard"),
)
