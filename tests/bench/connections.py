"""HTTP connections that cost their client next to nothing, so that a server is what is measured."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class Answered:
    """What several connections got in a while: seconds of each answer, and the statuses."""

    seconds: list[float] = field(default_factory=list)
    statuses: set[int] = field(default_factory=set)
    took: float = 0.0

    @property
    def per_second(self) -> float:
        """Answers a second, of all connections together."""
        return len(self.seconds) / self.took


async def hammer(
    port: int, request: Callable[[], bytes], *, connections: int, seconds: float
) -> Answered:
    """Send request after request on each connection, as fast as they are answered."""
    answered, end = Answered(), time.perf_counter() + seconds
    began = time.perf_counter()
    sending = (_send(port, request, end, answered) for _ in range(connections))
    await asyncio.gather(*sending)
    answered.took = time.perf_counter() - began
    return answered


async def _send(port: int, request: Callable[[], bytes], end: float, answered: Answered) -> None:  # noqa: PLR0917 - four plain things
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        while (began := time.perf_counter()) < end:
            writer.write(request())
            head = await reader.readuntil(b"\r\n\r\n")
            await reader.readexactly(_length(head))
            answered.seconds.append(time.perf_counter() - began)
            answered.statuses.add(int(head[9:12]))
    finally:
        writer.close()


def _length(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line.partition(b":")[2])
    return 0
