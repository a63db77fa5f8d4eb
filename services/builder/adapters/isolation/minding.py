"""Minds the memory of one command: looks at what it holds, and kills it when that is too much."""

import asyncio
from signal import SIGABRT

from services.builder.adapters.isolation.processes import Processes
from services.builder.adapters.isolation.room import Room, exceeds, held_bytes
from services.builder.adapters.isolation.watch import Reason, Watch
from services.chassis import tasks

_LOOKS_EVERY = 0.25
_ABORTED = 128 + SIGABRT
"""How node ends when its heap is full: it is told to fill no more than a part of the room."""


class Minder:
    """Looks at what a command holds, for as long as it runs, and kills it when that is too much."""

    def __init__(self, processes: Processes, watch: Watch, room: Room | None) -> None:
        self._processes, self._watch, self._room = processes, watch, room
        self._most = 0
        self._minding = asyncio.ensure_future(self._mind(room)) if room else None

    async def end(self) -> None:
        """Look no more."""
        if self._minding:
            await tasks.end(self._minding)

    def reason(self, code: int) -> Reason:
        """Say why it ended: a program that aborts with most of its room taken had too little."""
        full = self._room is not None and 2 * self._most > self._room.memory_bytes
        if full and code == _ABORTED and self._watch.reason is Reason.EXITED:
            return Reason.OUT_OF_ROOM
        return self._watch.reason

    async def _mind(self, room: Room) -> None:
        while True:
            await asyncio.sleep(_LOOKS_EVERY)
            pid = self._processes.inside_pid
            if pid is None:
                continue
            self._most = max(self._most, await asyncio.to_thread(held_bytes, pid))
            if self._most > room.memory_bytes and await asyncio.to_thread(exceeds, pid, room):
                self._watch.kill(Reason.OUT_OF_ROOM)
                return
