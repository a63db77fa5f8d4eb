"""Sends requests to the server and turns what goes wrong into errors that say what to do.

What the server could not do *now* (503, 429) is sent again with the same key for a while: every
command is idempotent under its key, so a repeat changes nothing twice.
"""

import asyncio
from collections.abc import Mapping
from urllib.parse import urlsplit
from uuid import UUID

import httpx

from cli.client.errors import NotReachable, NotSignedIn, problem_of

PATIENCE_SECONDS = 20.0
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}
_ASK_AGAIN = {httpx.codes.SERVICE_UNAVAILABLE, httpx.codes.TOO_MANY_REQUESTS}
_BAD_GATEWAY = {httpx.codes.BAD_GATEWAY, httpx.codes.GATEWAY_TIMEOUT}
_LONGEST_PAUSE_SECONDS = 5.0


class Http:
    """One server, asked with one token."""

    def __init__(
        self,
        url: str,
        token: str,
        *,
        token_from: str = "the caller",  # noqa: S107 - where it is from, not what it is
        transport: httpx.AsyncBaseTransport | None = None,
        patience_seconds: float = PATIENCE_SECONDS,
    ) -> None:
        """Takes where the server is and the token; `token_from` names its source in errors.

        A server on this machine is never asked through a proxy.
        """
        self.url = url.rstrip("/")
        self._token_from = token_from
        self._patience = patience_seconds
        self.client = httpx.AsyncClient(
            base_url=self.url,
            headers={"Authorization": f"Bearer {token}", "User-Agent": "trellis-cli"},
            timeout=httpx.Timeout(30, connect=5),
            trust_env=urlsplit(url).hostname not in _LOOPBACK,
            transport=transport,
        )

    async def send(
        self,
        method: str,
        path: str,
        *,
        body: object = None,
        params: Mapping[str, str | int] | None = None,
        key: UUID | None = None,
    ) -> httpx.Response:
        """Give the answer to a request that succeeded.

        Raises:
            NotReachable: nobody answered.
            NotSignedIn: the token is none of the server's.
            Refusal, ServerFailed: with the server's own sentence.
        """
        headers = {"Idempotency-Key": str(key)} if key else {}
        request = self.client.build_request(
            method, path, json=body, params=dict(params or {}), headers=headers
        )
        answer = await self._patiently(request)
        self.refuse(answer)
        return answer

    def refuse(self, answer: httpx.Response) -> None:
        """Raise what an answer stands for, unless it is a success; its body must have been read."""
        if answer.is_success:
            return
        if answer.status_code == httpx.codes.UNAUTHORIZED:
            raise NotSignedIn(self.url, self._token_from)
        if answer.status_code in _BAD_GATEWAY:
            raise self.not_reachable("its front door is there, but a service behind it is not")
        raise problem_of(answer)

    def not_reachable(self, reason: object) -> NotReachable:
        """Give the error that says that nobody answers."""
        return NotReachable(self.url, str(reason) or type(reason).__name__)

    async def _patiently(self, request: httpx.Request) -> httpx.Response:
        give_up = asyncio.get_running_loop().time() + self._patience
        pause = 0.2
        while True:
            try:
                answer = await self.client.send(request)
            except httpx.TransportError as error:
                raise self.not_reachable(error) from error
            pause = min(max(2 * pause, _told_to_wait(answer)), _LONGEST_PAUSE_SECONDS)
            out_of_time = asyncio.get_running_loop().time() + pause > give_up
            if out_of_time or answer.status_code not in _ASK_AGAIN | _BAD_GATEWAY:
                return answer
            await asyncio.sleep(pause)


def _told_to_wait(answer: httpx.Response) -> float:
    told = answer.headers.get("Retry-After", "")
    return float(told) if told.isdecimal() else 0
