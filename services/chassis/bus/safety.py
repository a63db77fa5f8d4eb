"""The two things that a service makes sure of before it trusts a server with a message.

An account of NATS cannot ask how its server stores. The answer is the system account's, which
shares one question with ours: `exports` and `imports` in the server's configuration, as
`bus_server.py` writes them for the embedded one and docs/operations shows for a cluster.
"""

import json

from nats.aio.client import Client
from nats.errors import Error as NatsError

from services.chassis.bus.errors import UnsafeBus

STORAGE_QUESTION = "trellis.server.jetstream"
"""Imported from `$SYS.REQ.SERVER.PING.JSZ`; answered by a server with how JetStream stores."""

OLDEST_SERVER = (2, 12, 6)
"""The first one without the faults that reliability asks for (2.12.1 lost streams: Jepsen)."""

_REMEDY = "Give it `sync_interval: always` and let this account ask (docs/operations/nats.md)"


async def refuse_an_unsafe_server(client: Client, *, timeout_seconds: float = 5) -> None:
    """Returns only when the connected server is new enough and syncs before it acknowledges.

    Raises:
        UnsafeBus: with what was found and what to set.
    """
    version = client.connected_server_version
    found = (version.major, version.minor, version.patch)
    if found < OLDEST_SERVER:
        oldest = ".".join(map(str, OLDEST_SERVER))
        raise UnsafeBus(f"nats-server {version} is older than {oldest}", "Upgrade it")
    if not await _syncs_always(client, timeout_seconds):
        raise UnsafeBus("it acknowledges messages before they are on the disk", _REMEDY)


async def _syncs_always(client: Client, timeout_seconds: float) -> bool:
    try:
        answer = await client.request(STORAGE_QUESTION, timeout=timeout_seconds)
    except NatsError as silence:
        raise UnsafeBus("it does not tell how it stores", _REMEDY) from silence
    told = json.loads(answer.data).get("data", {}).get("config", {})
    return told.get("sync_always") is True
