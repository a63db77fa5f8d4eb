"""What a supervisor asks: does this process live, and can it serve?"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from services.chassis.logging import without_passwords

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
        findings = await asyncio.gather(*(_finding(check) for check in checks.values()))
        parts = dict(zip(checks, findings, strict=True))
        well = all(finding == "ok" for finding in findings)
        return JSONResponse(parts, status_code=200 if well else 503)

    return [Route("/health/live", live), Route("/health/ready", ready)]


async def _finding(check: Check) -> str:
    try:
        async with asyncio.timeout(CHECK_SECONDS):
            await check()
    except TimeoutError:
        return f"did not answer within {CHECK_SECONDS:g} s"
    except Exception as illness:  # noqa: BLE001 - whatever it is, the part is ill and the page says so
        return without_passwords(str(illness) or type(illness).__name__)
    return "ok"
