"""What a service counts, and the page `/metrics` that Prometheus reads it from."""

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Histogram,
    ProcessCollector,
    generate_latest,
)
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

REGISTRY = CollectorRegistry()
"""This process's metrics; a service adds its own with `registry=REGISTRY`."""

ProcessCollector(registry=REGISTRY)

_handled = Counter(
    "trellis_messages_handled", "Messages handled to the end", ["kind"], registry=REGISTRY
)
_failed = Counter(
    "trellis_messages_failed", "Handlings that ended in an exception", ["kind"], registry=REGISTRY
)
_seconds = Histogram(
    "trellis_message_seconds", "From delivery to settlement", ["kind"], registry=REGISTRY
)


def message_handled(subject: str, seconds: float) -> None:
    """Counts one message that its handler finished."""
    _handled.labels(kind_of(subject)).inc()
    _seconds.labels(kind_of(subject)).observe(seconds)


def message_failed(subject: str) -> None:
    """Counts one handling that raised; a message that is tried three times counts three times."""
    _failed.labels(kind_of(subject)).inc()


def kind_of(subject: str) -> str:
    """The part of a subject that names no application, so that labels stay few.

    `trellis.event.a1.e2.DeployRequested` is of the kind `event`.
    """
    first, _, rest = subject.partition(".")
    return rest.partition(".")[0] if first == "trellis" and rest else first


def metrics_routes() -> list[Route]:
    """`GET /metrics` in the text format of Prometheus."""

    async def metrics(_request: Request) -> Response:
        return Response(generate_latest(REGISTRY), media_type=CONTENT_TYPE_LATEST)

    return [Route("/metrics", metrics)]
