"""The services behind the API, over HTTP: what goes wrong with one becomes a sentence."""

from collections.abc import AsyncGenerator, Mapping
from typing import Final

import httpx
from httpx_sse import EventSource, SSEError
from pydantic import TypeAdapter, ValidationError

from dashboard.errors import Away, trouble_of
from trellis_contracts.health import WELL

_PATIENCE: Final = httpx.Timeout(20, connect=3)
_HEALTH_SECONDS: Final = 4.0
_STREAM: Final = httpx.Timeout(10, read=45)
"""A stream says something every 15 seconds, if only that it is there."""


class Wire:
    """Reaches each service by its name. Never by a proxy: they are parts of one installation."""

    def __init__(
        self, services: Mapping[str, str], *, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        """Takes where each is; a transport of tests takes the network's place."""
        self._services = services
        self._http = httpx.AsyncClient(timeout=_PATIENCE, trust_env=False, transport=transport)

    async def close(self) -> None:
        """Let go of every connection."""
        await self._http.aclose()

    async def send(
        self,
        service: str,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str],
        params: Mapping[str, str | int] | None = None,
        body: Mapping[str, object] | None = None,
    ) -> httpx.Response:
        """Give an answer that is a success. Raises what `trouble_of` makes of another, or Away."""
        url = self._url(service, path)
        try:
            answer = await self._http.request(
                method, url, headers=dict(headers), params=dict(params or {}), json=body
            )
        except httpx.TransportError as lost:
            raise Away(service) from lost
        if not answer.is_success:
            raise trouble_of(answer, service)
        return answer

    async def events(
        self, service: str, path: str, *, headers: Mapping[str, str]
    ) -> AsyncGenerator[str]:
        """Yield the name of each event of a stream until it ends. Raises as `send`."""
        url = self._url(service, path)
        try:
            async with self._http.stream(
                "GET", url, headers=dict(headers), timeout=_STREAM
            ) as answer:
                if not answer.is_success:
                    await answer.aread()
                    raise trouble_of(answer, service)
                async for event in EventSource(answer).aiter_sse():
                    if event.data:  # a ping has none
                        yield event.event
        except (httpx.TransportError, SSEError) as lost:
            raise Away(service) from lost

    async def illness(self, service: str) -> str:
        """Say what is ill with a service, in a few words; empty: it is well."""
        url = self._url(service, "/health/ready")
        try:
            answer = await self._http.get(url, timeout=_HEALTH_SECONDS)
            parts = TypeAdapter(dict[str, str]).validate_json(answer.content)
        except (httpx.TransportError, ValidationError):
            return f"{service} does not answer"
        return next((_ill(part, said) for part, said in parts.items() if said != WELL), "")

    def _url(self, service: str, path: str) -> str:
        return self._services[service].rstrip("/") + path


def _ill(part: str, said: str) -> str:
    """What a part says of itself is for operators; the bus is what most often is away."""
    return "the bus does not answer" if part == "bus" else f"{part}: {said}"
