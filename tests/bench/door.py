"""What a signed webhook costs: durable before its 202, against a route that does nothing.

Sixteen connections send as fast as they are answered, in turns to the webhook and to a route of
the same server that only answers; the median of the rounds' ratios is judged. Publishing into
the same stream, acknowledged, from as many tasks is what the bus alone could do.
Run as `python -m tests.bench door`.
"""

import asyncio
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import httpx

from services.chassis.bus.sending import Bus, connect_bus
from services.chassis.bus_server import BusServer
from services.ingest.app import open_rooms
from tests.bench.connections import Answered, hammer
from tests.support.actors.github import GitHub
from tests.support.actors.orchestrator import AnsweringOrchestrator
from tests.support.ingest import ingest_settings
from tests.support.ingest_process import Process, running_process
from trellis_contracts import subjects
from trellis_contracts.rights import HEADER, Role

CONNECTIONS = 16
ROUNDS = 5
ROUND_SECONDS = 1.0
_NOTHING = b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n"
PAYLOAD_BYTES = 8_000
"""About what GitHub sends for a push of one commit."""


def measure() -> dict[str, dict[str, float]]:
    """Return `webhook_rate`.

    `ratio` to the route that does nothing, `of_raw_publish` to the bus alone, ms of an answer,
    webhooks a second, and how many that were answered 202 are `missing` from the inbox.
    """
    with tempfile.TemporaryDirectory() as folder:
        return {"webhook_rate": asyncio.run(_measure(Path(folder)))}


async def _measure(folder: Path) -> dict[str, float]:
    server = BusServer(folder / "bus-data")
    url = await server.start()
    orchestrator = AnsweringOrchestrator(url)
    await orchestrator.start()
    try:
        environ = {"TRELLIS_WEBHOOKS_PER_SECOND": "1000000"}
        async with running_process(folder, url, **environ) as ingest:
            return await _rounds(ingest, await _hook(folder, url, ingest), url)
    finally:
        await orchestrator.stop()
        await server.stop()


async def _rounds(ingest: Process, webhook: "Webhook", url: str) -> dict[str, float]:
    bus, published = await connect_bus(url, service="bench"), 0
    kept, of_nothing, of_bus = list[Answered](), list[float](), list[float]()
    try:
        for _ in range(ROUNDS):
            kept.append(await _hammered(ingest, webhook))
            nothing = await _hammered(ingest, lambda: _NOTHING)
            raw = await _published(bus)
            published += raw
            of_nothing.append(kept[-1].per_second / nothing.per_second)
            of_bus.append(kept[-1].per_second / (raw / ROUND_SECONDS))
        inbox = (await bus.jetstream.stream_info("INBOX")).state.messages
    finally:
        await bus.stop()
    assert set().union(*(one.statuses for one in kept)) == {202}
    seconds = [each for one in kept for each in one.seconds]
    return {
        "ratio": statistics.median(of_nothing),
        "of_raw_publish": statistics.median(of_bus),
        "p50_ms": 1000 * statistics.median(seconds),
        "p99_ms": 1000 * statistics.quantiles(seconds, n=100)[-1],
        "webhooks_per_second": statistics.median(one.per_second for one in kept),
        "missing": float(webhook.sent - (inbox - published)),
    }


class Webhook:
    """A push, signed; each time it is asked for, it is another delivery of it."""

    def __init__(self, path: str, github: GitHub) -> None:
        payload = github.push()
        padding = "x" * (PAYLOAD_BYTES - len(json.dumps(payload)))
        self._body = json.dumps({**payload, "filler": padding}).encode()
        fields = github.headers(self._body, delivery="DELIVERY")
        lines = [f"{name}: {value}" for name, value in {"Host": "x", **fields}.items()]
        length = f"Content-Length: {len(self._body)}"
        self._head = "\r\n".join([f"POST {path} HTTP/1.1", *lines, length, "", ""])
        self.sent = 0

    def __call__(self) -> bytes:
        self.sent += 1
        return self._head.replace("DELIVERY", str(uuid4()), 1).encode() + self._body


async def _hook(folder: Path, url: str, ingest: Process) -> Webhook:
    """Connect a repository, as a developer does."""
    signer = open_rooms(ingest_settings(folder, url)).signer
    asked = {"name": "orders", "repository": "https://github.com/acme/orders"}
    async with httpx.AsyncClient(trust_env=False, base_url=ingest.url) as client:
        headers = {HEADER: signer.sign("person:ana", Role.DEVELOPER)}
        answer = await client.post("/api/v1/applications", json=asked, headers=headers)
    hook = answer.raise_for_status().json()["webhook"]
    return Webhook(httpx.URL(hook["url"]).path, GitHub(hook["secret"]))


async def _hammered(ingest: Process, request: Callable[[], bytes]) -> Answered:
    return await hammer(ingest.port, request, connections=CONNECTIONS, seconds=ROUND_SECONDS)


async def _published(bus: Bus) -> int:
    """Publish as fast as the bus acknowledges, and count."""
    end, body = time.perf_counter() + ROUND_SECONDS, b"x" * 600

    async def publish() -> int:
        count = 0
        while time.perf_counter() < end:
            await bus.publish(subjects.INBOX, body, message_id=str(uuid4()))
            count += 1
        return count

    return sum(await asyncio.gather(*(publish() for _ in range(CONNECTIONS))))
