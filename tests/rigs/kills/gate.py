"""The gate that armed services wait at: it lets them through, and kills at the point it was told.

Points come as `before append DeployStarted`, from the service that passes them; one is the same
point however often it is passed in one act of a story.
"""

import os
import signal
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from typing_extensions import override


@dataclass(frozen=True, order=True)
class Point:
    """Where a service stands: before or after one effect."""

    service: str
    name: str

    @override
    def __str__(self) -> str:
        return f"{self.service}: {self.name}"


@dataclass
class Trap:
    """What is to happen when a point is passed: once."""

    point: Point
    spring: Callable[[int], None]
    """Takes the process that stands there, and kills whom it is to."""
    sprung: threading.Event = field(default_factory=threading.Event)


class Gate(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    """Remembers the points that were passed, in order, since `forget`."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, path: Path) -> None:
        super().__init__(str(path), _Passing)
        self.path = path
        self.trap: Trap | None = None
        self._turn = threading.Lock()
        self._passed: dict[Point, int] = {}

    def forget(self) -> None:
        """Begin a new act."""
        with self._turn:
            self._passed = {}

    @property
    def passed(self) -> list[Point]:
        """Every point of this act, in the order of its first passing."""
        with self._turn:
            return list(self._passed)

    def arrive(self, point: Point, pid: int) -> None:
        """Let through, unless the trap is here."""
        with self._turn:
            self._passed[point] = self._passed.get(point, 0) + 1
            trap, here = self.trap, self.trap is not None and self.trap.point == point
            if here:
                self.trap = None
        if trap and here:
            trap.spring(pid)
            trap.sprung.set()


class _Passing(socketserver.StreamRequestHandler):
    """One service at one point."""

    server: Gate

    @override
    def handle(self) -> None:
        pid, service, name = self.rfile.readline().decode().strip().split(" ", 2)
        self.server.arrive(Point(service, name), int(pid))
        self.wfile.write(b"\n")


@contextmanager
def open_gate(path: Path) -> Iterator[Gate]:
    """A gate that answers until the block ends."""
    with Gate(path) as gate:
        thread = threading.Thread(target=gate.serve_forever, kwargs={"poll_interval": 0.1})
        thread.start()
        try:
            yield gate
        finally:
            gate.shutdown()
            thread.join()


def kill(pid: int) -> None:
    """Kill as the kernel does when memory is short: nothing is tidied up."""
    os.kill(pid, signal.SIGKILL)
