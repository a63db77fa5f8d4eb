"""A process that appends pairs of events, and says what was acknowledged.

Run as `python appending_program.py URL APPENDERS [APPENDS]`: without a number of appends (for each
appender) until it is killed. A line on stdout is `stream version position`.
"""

import asyncio
import itertools
import os
import sys
from collections.abc import Iterable
from uuid import uuid4

from services.chassis.event_store import open_event_store
from services.chassis.event_store.port import EventStore, NewEvent
from services.chassis.logging import configure_logging


async def keep_appending(store: EventStore, stream: str, turns: Iterable[int]) -> None:
    version = -1
    async for event in store.read_stream(stream, backwards=True, limit=1):
        version = event.version
    for _ in turns:
        pair = [NewEvent("BoxOpened", os.urandom(200), b"{}", uuid4()) for _ in range(2)]
        result = await store.append(stream, pair, expected=version)
        version = result.version
        os.write(sys.stdout.fileno(), f"{stream} {version} {result.position}\n".encode())


async def main(url: str, appenders: int, appends: int | None) -> None:
    configure_logging("appending-program", "warning")
    store = open_event_store(url)
    try:
        await asyncio.gather(
            *(
                keep_appending(store, f"box-{n}", itertools.repeat(n, appends or sys.maxsize))
                for n in range(appenders)
            )
        )
    finally:
        await store.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]) if sys.argv[3:] else None))
