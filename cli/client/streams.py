"""Listens to the server's events and goes on after the last one seen when a connection ends."""

import asyncio
from collections.abc import AsyncGenerator, Mapping

import httpx
from httpx_sse import ServerSentEvent, SSEError, aconnect_sse

from cli.client.http import Http

PATIENCE_SECONDS = 60.0
"""For how long a server that was there is looked for when it is gone."""

_SILENCE_SECONDS = 45.0
"""The server says something every 15 seconds, if only that it is there."""

_LONGEST_PAUSE_SECONDS = 2.0


async def events(
    http: Http,
    path: str,
    *,
    params: Mapping[str, str | int] | None = None,
    patience_seconds: float = PATIENCE_SECONDS,
) -> AsyncGenerator[ServerSentEvent]:
    """Yield server-sent events for ever, each once; a lost connection is made anew in silence.

    Raises:
        NotReachable: nobody has answered for so many seconds.
        NotSignedIn, Refusal, ServerFailed: as `Http.send`.
    """
    last, pause = "", 0.1
    loop = asyncio.get_running_loop()
    give_up = loop.time() + patience_seconds
    while True:
        reason: Exception | None = None
        try:
            async for event in _connection(http, path, params=params or {}, last=last):
                last, pause = event.id or last, 0.1
                give_up = loop.time() + patience_seconds
                yield event
        except (httpx.TransportError, SSEError) as lost:
            reason = lost
        if loop.time() > give_up:
            raise http.not_reachable(reason or "the connection was closed") from reason
        await asyncio.sleep(pause)
        pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)


async def _connection(
    http: Http, path: str, *, params: Mapping[str, str | int], last: str
) -> AsyncGenerator[ServerSentEvent]:
    headers = {"Last-Event-ID": last} if last else {}
    timeout = httpx.Timeout(10, read=_SILENCE_SECONDS)
    opened = aconnect_sse(
        http.client, "GET", path, params=dict(params), headers=headers, timeout=timeout
    )
    async with opened as source:
        answer = source.response
        if answer.is_server_error:
            raise httpx.ReadError(f"it answered {answer.status_code}")
        if not answer.is_success:
            await answer.aread()
            http.refuse(answer)
        async for event in source.aiter_sse():
            if event.data:  # a ping has none; httpx-sse yields it all the same, unlike browsers
                yield event
