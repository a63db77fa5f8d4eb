"""Server-sent events as the command line reads them."""

from contextlib import aclosing

import httpx

from cli.client.http import Http
from cli.client.streams import events

SENT = "id: 1\ndata: one\n\n: ping\n\nid: 2\nevent: end\ndata: two\n\n"


async def test_a_ping_is_no_event() -> None:
    def answer(_request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, headers={"Content-Type": "text/event-stream"}, text=SENT)

    http = Http(
        "http://trellis.test",
        "token",
        token_from="the test",
        transport=httpx.MockTransport(answer),
        patience_seconds=1,
    )
    seen = []
    async with aclosing(events(http, "/feed")) as stream:
        async for event in stream:
            seen.append((event.id, event.data))
            if len(seen) == 2:
                break
    await http.client.aclose()

    assert seen == [("1", "one"), ("2", "two")]
