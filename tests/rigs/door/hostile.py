"""Hundreds of hostile inputs, against ingest itself and through the front door."""

import asyncio
import json
import random
import re
import ssl
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import httpx

from tests.rigs.door import sockets
from tests.rigs.door.corpus import CLOSED, FORGED, Attack, Corpus
from tests.rigs.door.house import House, house
from tests.rigs.saying import say
from trellis_contracts.pushes import DeliveryIgnored, Ignorance

OURS, OTHERS = "acme/orders", "mallory/orders"
_MOST_GROWTH = 50 << 20
_EVERY_THROUGH_THE_DOOR = 5
_NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Made once: each client would read every certificate authority anew."""


@dataclass
class Heard:
    """How everything was answered, and what of it is wrong."""

    statuses: Counter[int] = field(default_factory=Counter)
    talks: int = 0
    """Of the ways of talking that no HTTP client has."""
    wrong: list[str] = field(default_factory=list)


async def run(folder: Path, *, count: int, seed: int) -> int:
    """Attack twice; 1 when anything was answered or done otherwise than it may be.

    What the second time adds to ingest's memory would be added each time.
    """
    began, heard = time.monotonic(), Heard()
    async with house(folder) as running:
        for repository in (OURS, OTHERS):
            await running.connect(repository)
        corpus = Corpus(running.github(OURS), running.github(OTHERS), random.Random(seed), count)  # noqa: S311 - no secret
        attacks = list(corpus.attacks())
        await _attack(running, attacks, Heard())  # the largest of them once: that much it may keep
        await _talk(running, Heard())
        before = _resident(running)
        await _attack(running, attacks, heard)
        await _talk(running, heard)
        await _unknown_repository(running, heard)
        await _still_well(running, heard)
        grown = await _grown(running, before, attacks)
    if grown > _MOST_GROWTH:
        heard.wrong.append(f"ingest grew by {grown >> 20} MiB")
    for wrong in heard.wrong:
        say(f"✗ {wrong}")
    say(
        f"hostile: {heard.statuses.total()} inputs (seed {seed}), {dict(heard.statuses)}, "
        f"{heard.talks} by socket; {len(heard.wrong)} wrong, ingest grew by "
        f"{grown / (1 << 20):.0f} MiB; {time.monotonic() - began:.0f} s"
    )
    return 1 if heard.wrong else 0


async def _grown(running: House, before: int, attacks: list[Attack]) -> int:
    """How much larger ingest is after all of it again, in bytes.

    One body of 25 MiB may stay in memory after it was read, so once more is sent when it grew: what
    was lost for ever is lost again.
    """
    after = _resident(running)
    if after - before <= _MOST_GROWTH:
        return after - before
    say(f"ingest grew by {(after - before) >> 20} MiB: once more …")
    await _attack(running, attacks, Heard())
    return _resident(running) - after


async def _attack(running: House, attacks: list[Attack], heard: Heard) -> None:
    """Each from an address of its own, so that no limit on forgers answers in its place."""
    hook = urlsplit(running.applications[OURS].webhook.url).path
    direct = f"http://127.0.0.1:{running.ingest_port()}"
    for number, attack in enumerate(attacks):
        base = running.up.url if number % _EVERY_THROUGH_THE_DOOR == 0 else direct
        source = f"127.{1 + number // 65536}.{number // 256 % 256}.{number % 256}"
        status = await _send(base + (attack.path or hook), attack, source)
        heard.statuses[status] += 1
        may = attack.may | {429} if base == running.up.url and attack.may & FORGED else attack.may
        if status not in may:
            where = "through the door" if base == running.up.url else "to ingest"
            heard.wrong.append(f"{attack.what} {where}: {status}, which may be {sorted(may)}")


async def _send(url: str, attack: Attack, source: str) -> int:
    """Give the status; 400 for what the client itself does not send."""
    transport = httpx.AsyncHTTPTransport(local_address=source, verify=_NO_TLS)
    async with httpx.AsyncClient(transport=transport, trust_env=False, timeout=30) as client:
        request = client.build_request("POST", url, content=attack.body)
        length = request.headers.get("Content-Length", "0")
        given = [(name.encode(), _raw(value)) for name, value in attack.headers]
        request.headers = httpx.Headers([(b"Host", b"trellis"), *given])
        request.headers.setdefault("Content-Length", length)
        try:
            return (await client.send(request)).status_code
        except (httpx.RemoteProtocolError, httpx.WriteError, httpx.ReadError):
            return CLOSED
        except httpx.LocalProtocolError:
            return 400


def _raw(value: str | bytes) -> bytes:
    return value if isinstance(value, bytes) else value.encode()


async def _talk(running: House, heard: Heard) -> None:
    hook, github = urlsplit(running.applications[OURS].webhook.url), running.github(OURS)
    ingest = sockets.Address(running.ingest_port(), hook.path)
    door = sockets.Address(hook.port or 0, hook.path)
    talks = [talk(ingest, github) for talk in sockets.OF_INGEST]
    talks += [talk(door, github) for talk in sockets.OF_THE_DOOR]
    heard.talks += len(talks)
    heard.wrong += [wrong for wrong in await asyncio.gather(*talks) if wrong]


async def _unknown_repository(running: House, heard: Heard) -> None:
    """A repository that nothing is connected to, under a valid secret, is kept with the reason."""
    delivery, unknown = str(uuid4()), {"full_name": "acme/nobody-connected-it"}
    body = json.dumps(running.github(OURS).push(repository=unknown)).encode()
    answer = await running.deliver(OURS, "push", body, delivery=delivery)
    async with asyncio.timeout(10):
        while not (events := await running.recorded(delivery)):  # noqa: ASYNC110 - a store
            await asyncio.sleep(0.02)
    reasons = [event.reason for event in events if isinstance(event, DeliveryIgnored)]
    if (answer.status_code, reasons) != (202, [Ignorance.NO_APPLICATION]):
        heard.wrong.append(f"an unknown repository is answered {answer.status_code}: {events}")


async def _still_well(running: House, heard: Heard) -> None:
    body = json.dumps(running.github(OURS).push()).encode()
    answer = await running.deliver(OURS, "push", body)
    if answer.status_code != 202:
        heard.wrong.append(f"afterwards a good push is answered {answer.status_code}")


def _resident(running: House) -> int:
    pid = running.up.pid_of("ingest")
    found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    assert found
    return int(found[1]) << 10
