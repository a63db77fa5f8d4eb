"""What a supervisor asks: does this process live, and can it serve?"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from faststream.nats.annotations import NatsMessage
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from services.chassis.bus.sending import Bus
from services.chassis.bus.subscribe import on_broadcast
from services.chassis.logging import without_passwords
from trellis_contracts import codec, subjects
from trellis_contracts.health import WELL, ServiceHealth

Check = Callable[[], Awaitable[None]]
"""Returns when the part is well; raises with a sentence when it is not."""

CHECK_SECONDS = 3.0


def health_routes(checks: Mapping[str, Check]) -> list[Route]:
    """`GET /health/live` and `GET /health/ready`.

    Live is 200 as long as the process answers. Ready is 200 when every check passed and else 503;
    both list each part as `"ok"` or as what is ill with it, which never holds a password.
    """

    async def live(_request: Request) -> JSONResponse:
        return JSONResponse({"process": "ok"})

    async def ready(_request: Request) -> JSONResponse:
        parts = await findings(checks)
        return JSONResponse(parts, status_code=200 if set(parts.values()) <= {WELL} else 503)

    return [Route("/health/live", live), Route("/health/ready", ready)]


async def findings(checks: Mapping[str, Check]) -> dict[str, str]:
    """Ask every part at once; `ok`, or what is ill with it."""
    found = await asyncio.gather(*(_finding(check) for check in checks.values()))
    return dict(zip(checks, found, strict=True))


def answer_roll_calls(bus: Bus, checks: Mapping[str, Check]) -> None:
    """Tell whoever asks on the bus how this service is; before the bus starts."""

    @on_broadcast(bus, subjects.ROLL_CALL)
    async def answer(_body: bytes, message: NatsMessage) -> None:
        said = ServiceHealth(service=bus.service, parts=await findings(checks))
        await message.raw_message.respond(codec.encode(said))


async def _finding(check: Check) -> str:
    try:
        async with asyncio.timeout(CHECK_SECONDS):
            await check()
    except TimeoutError:
        return f"did not answer within {CHECK_SECONDS:g} s"
    except Exception as illness:  # noqa: BLE001 - whatever it is, the part is ill and the page says so
        return without_passwords(str(illness) or type(illness).__name__)
    return WELL
