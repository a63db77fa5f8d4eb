"""`GET /_trellis/instance` tells which start of the local AWS answers.

The local AWS forgets everything when it stops, so what was deployed to an earlier instance is gone;
whoever remembers a deployment compares the ids.
"""

import json
from typing import Any

from ministack import app

PATH = "/_trellis/instance"


def apply(instance: str) -> None:
    """Answer the path with `{"instance": …}` before MiniStack sees the request."""
    inner = app.app

    async def with_instance(scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] != "http" or scope["path"] != PATH:
            await inner(scope, receive, send)
            return
        headers = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        body = json.dumps({"instance": instance}).encode()
        await send({"type": "http.response.body", "body": body})

    app.app = with_instance
