import asyncio
import json

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.chassis import health
from services.chassis.health import Check, health_routes
from services.chassis.metrics import (
    kind_of,
    message_failed,
    message_handled,
    metrics_routes,
)


async def well() -> None:
    return


async def ill() -> None:
    raise ConnectionError("cannot reach postgres://trellis:hunter2@db/views")


async def silent() -> None:
    await asyncio.Event().wait()


async def ask(app: Starlette, path: str) -> Response:
    routes = [found for found in app.routes if isinstance(found, Route)]
    (route,) = [found for found in routes if found.path == path]
    answer = await route.endpoint(Request({"type": "http"}))
    assert isinstance(answer, Response)
    return answer


async def ready(checks: dict[str, Check]) -> tuple[int, dict[str, str]]:
    answer = await ask(Starlette(routes=health_routes(checks)), "/health/ready")
    return answer.status_code, json.loads(bytes(answer.body))


async def test_a_service_is_ready_when_every_part_is_well() -> None:
    assert await ready({"bus": well, "store": well}) == (200, {"bus": "ok", "store": "ok"})


async def test_the_ill_part_is_named_and_its_password_is_not() -> None:
    status, parts = await ready({"bus": well, "store": ill})
    assert status == 503
    assert parts == {"bus": "ok", "store": "cannot reach postgres://[redacted]@db/views"}


async def test_a_part_that_does_not_answer_is_ill(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "CHECK_SECONDS", 0.01)
    status, parts = await ready({"bus": silent})
    assert (status, parts) == (503, {"bus": "did not answer within 0.01 s"})


async def test_a_service_with_an_ill_part_lives() -> None:
    app = Starlette(routes=health_routes({"store": ill}))
    assert (await ask(app, "/health/live")).status_code == 200


async def test_messages_are_counted_by_kind_and_not_by_application() -> None:
    message_handled("trellis.event.a1.e1.DeployRequested", 0.1)
    message_handled("trellis.event.a2.e2.DeployFailed", 0.1)
    message_failed("trellis.inbox.github")
    page = bytes((await ask(Starlette(routes=metrics_routes()), "/metrics")).body).decode()
    assert 'trellis_messages_handled_total{kind="event"} 2.0' in page
    assert 'trellis_messages_failed_total{kind="inbox"}' in page
    assert 'trellis_message_seconds_count{kind="event"} 2.0' in page
    assert "a1" not in page


def test_a_foreign_subject_has_its_first_word_as_kind() -> None:
    assert (kind_of("trellis.run"), kind_of("$JS.EVENT.x"), kind_of("trellis")) == (
        "run",
        "$JS",
        "trellis",
    )
