"""Appends to an event store as the orchestrator does, and writes down what was acknowledged."""

import asyncio
import os
import sys
from uuid import uuid4

from services.chassis.event_store import open_event_store
from services.chassis.event_store.port import EventStore, NewEvent, StreamState

BREATH = 0.01
"""Seconds between two writes of one writer, so that the disk lasts for many cuts."""

_AT_ONCE = 16


async def append_for_ever(store: EventStore, stream: str) -> None:
    """Write down an event's id only once its append has returned."""
    version: int | StreamState = StreamState.NO_STREAM
    while True:
        event = NewEvent("Appended", os.urandom(300), b"{}", uuid4())
        version = (await store.append(stream, [event], expected=version)).version
        sys.stdout.write(f"{event.id}\n")
        sys.stdout.flush()
        await asyncio.sleep(BREATH)


async def main() -> None:
    """Append to several streams at once until this process is killed."""
    store = open_event_store(sys.argv[1])
    async with asyncio.TaskGroup() as appending:
        for _ in range(_AT_ONCE):
            appending.create_task(append_for_ever(store, f"box-{uuid4()}"))


if __name__ == "__main__":
    asyncio.run(main())
