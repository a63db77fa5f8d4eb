"""How commands are sent: each under a key of its own, so that it may be sent again."""

import httpx

from cli.client.answers import Decision, Place
from cli.client.reading import V1, Reader, read
from trellis_contracts.names import new_id


class Decider(Reader):
    """Sends commands, and reads what was decided."""

    async def _decide(
        self, method: str, path: str, body: object = None, *, dry_run: bool = False
    ) -> Decision:
        return read(Decision, await self._command(method, path, body, dry_run=dry_run))

    async def _command(
        self, method: str, path: str, body: object = None, *, dry_run: bool = False
    ) -> httpx.Response:
        params = {"dry_run": "true"} if dry_run else {}
        return await self.http.send(method, V1 + path, body=body, params=params, key=new_id())


def path_of(place: Place) -> str:
    """Give an environment's path in the API."""
    return f"/applications/{place.application_id}/environments/{place.environment_id}"
