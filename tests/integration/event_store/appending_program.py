"""A process that appends pairs of events until it is killed, and says what was acknowledged.

Run as `python appending_program.py URL`; each line on stdout is `stream version position`.
"""

import asyncio
import os
import sys
from uuid import uuid4

from services.chassis.event_store import open_event_store
from services.chassis.event_store.port import EventStore, NewEvent
from services.chassis.logging import configure_logging

APPENDERS = 8


async def keep_appending(store: EventStore, stream: str) -> None:
    version = -1
    async for event in store.read_stream(stream, backwards=True, limit=1):
        version = event.version
    while True:
        pair = [NewEvent("BoxOpened", os.urandom(200), b"{}", uuid4()) for _ in range(2)]
        result = await store.append(stream, pair, expected=version)
        version = result.version
        os.write(sys.stdout.fileno(), f"{stream} {version} {result.position}\n".encode())


async def main(url: str) -> None:
    configure_logging("appending-program", "warning")
    store = open_event_store(url)
    await asyncio.gather(*(keep_appending(store, f"box-{n}") for n in range(APPENDERS)))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
