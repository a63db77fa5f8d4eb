"""What lies behind the door in these tests: one app that plays ingest and the guarded services."""

import asyncio
from collections.abc import AsyncIterator

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, StreamingResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

SIGNED = "signed-by-ingest"


class Behind:
    """Answers with what reached it."""

    def __init__(self) -> None:
        self.more = asyncio.Event()
        self.left = asyncio.Event()
        self.app = Starlette(
            routes=[
                Route("/identity", self.identity),
                Route("/api/v1/feed", self.feed),
                WebSocketRoute("/socket", self.socket),
                Route("/{path:path}", self.echo, methods=["GET", "POST"]),
            ]
        )

    async def identity(self, request: Request) -> PlainTextResponse:
        if request.headers.get("authorization") != "Bearer good":
            return PlainTextResponse("sign in first", status_code=401)
        return PlainTextResponse("", headers={"X-Trellis-Identity": SIGNED})

    async def echo(self, request: Request) -> JSONResponse:
        body = await request.body()
        identity = request.headers.get("x-trellis-identity")
        return JSONResponse({"path": request.url.path, "identity": identity, "size": len(body)})

    async def feed(self, _request: Request) -> StreamingResponse:
        return StreamingResponse(self._events(), media_type="text/event-stream")

    async def _events(self) -> AsyncIterator[str]:
        try:
            yield "data: first\n\n"
            await self.more.wait()
            yield "data: second\n\n"
            await asyncio.Event().wait()
        finally:
            self.left.set()

    async def socket(self, socket: WebSocket) -> None:
        await socket.accept()
        identity = socket.headers.get("x-trellis-identity")
        await socket.send_text(f"{identity} {await socket.receive_text()}")
        await socket.close()
