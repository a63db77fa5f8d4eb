"""Logs as a process: every line once and in order for its readers, whatever dies in between."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
from httpx_sse import ServerSentEvent

from services.chassis.bus.sending import Bus, connect_bus
from services.chassis.bus_server import BusServer
from services.chassis.unavailable import Unavailable
from tests.support.chunks import RUN, chunk, chunks, numbered, text
from tests.support.nats import kill_nats, running_nats
from tests.support.readers import ReadingService, running_service
from trellis_contracts import codec, subjects
from trellis_contracts.logs import LogChunk, LogLine

LIVE, READ = f"/api/v1/logs/{RUN}/live", f"/api/v1/logs/{RUN}"


@dataclass
class Stage:
    """Logs, the bus, and a builder that sends."""

    service: ReadingService
    bus: Bus
    nats: BusServer

    async def send(self, *parts: LogChunk) -> None:
        """As the builder does: again and again until the bus has it."""
        for part in parts:
            while True:
                try:
                    await self.bus.publish(
                        subjects.log(part.run_id),
                        codec.encode(part),
                        message_id=f"{part.run_id}:{part.first}:{part.last}",
                    )
                except Unavailable:
                    continue
                break

    async def read(self, **asked: object) -> tuple[list[LogLine], int, bool]:
        answer = await self.service.reader.get(READ, **asked)
        assert answer.status_code == 200, answer.text
        page = answer.json()
        return [LogLine.model_validate(line) for line in page["lines"]], page["next"], page["last"]


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    async with running_nats(tmp_path / "nats") as nats:
        bus = await connect_bus(nats.url, service="builder")
        async with running_service("logs", tmp_path, lambda: nats.url) as service:
            yield Stage(service, bus, nats)
        await bus.stop()


@dataclass
class Follower:
    """Somebody who follows a run over any number of connections."""

    stage: Stage
    seen: list[LogLine] = field(default_factory=list)
    last_id: str | None = None
    ended: bool = False

    async def follow(self, *, until: int) -> None:
        """Read until a line is there or the run has ended; connect again whenever it is cut off."""
        async with asyncio.timeout(60):
            while not self.ended and len(self.seen) < until:
                with suppress(httpx.HTTPError):
                    await self._read(until)

    async def _read(self, until: int) -> None:
        reader = self.stage.service.reader
        async with reader.events(LIVE, last_event_id=self.last_id) as events:
            async for event in events:
                self._take(event)
                if self.ended or len(self.seen) >= until:
                    return

    def _take(self, event: ServerSentEvent) -> None:
        self.last_id = event.id
        self.ended = event.event == "end"
        if not self.ended:
            self.seen.append(LogLine.model_validate(json.loads(event.data)))


def expect_whole(lines: list[LogLine], count: int) -> None:
    assert [line.seq for line in lines] == list(range(count))
    assert [line.text for line in lines] == [text(seq) for seq in range(count)]


async def test_lines_are_followed_live_to_the_end(stage: Stage) -> None:
    follower = Follower(stage)
    following = asyncio.create_task(follower.follow(until=10**9))
    await stage.send(*chunks(1000, size=30))
    await following
    assert follower.ended
    expect_whole(follower.seen, 1000)


async def test_pages_are_read_from_any_line_to_the_last(stage: Stage) -> None:
    await stage.send(*chunks(250, size=30))
    await Follower(stage).follow(until=10**9)
    lines, at, last = await stage.read(limit=100)
    assert (len(lines), at, last) == (100, 99, False)
    rest, at, last = await stage.read(after=at, limit=1000)
    assert (len(rest), at, last) == (150, 249, True)
    expect_whole([*lines, *rest], 250)
    assert await stage.read(after=249) == ([], 249, True)


async def test_a_run_that_is_not_known_has_no_lines_yet(stage: Stage) -> None:
    assert await stage.read() == ([], -1, False)


async def test_no_line_is_lost_or_doubled_when_the_service_is_killed(stage: Stage) -> None:
    follower = Follower(stage)
    parts = list(chunks(3000, size=20))
    sending = asyncio.create_task(stage.send(*parts))
    for stop in (200, 900, 1800):
        await follower.follow(until=stop)
        await stage.service.kill()
        await stage.service.start()
    await follower.follow(until=10**9)
    await sending
    expect_whole(follower.seen, 3000)
    assert follower.ended


async def test_no_line_is_lost_or_doubled_when_the_bus_is_killed(stage: Stage) -> None:
    follower = Follower(stage)
    parts = list(chunks(3000, size=20))
    sending = asyncio.create_task(stage.send(*parts))
    for stop in (200, 1500):
        await follower.follow(until=stop)
        await kill_nats(stage.nats)
        await stage.nats.start()
    await follower.follow(until=10**9)
    await sending
    expect_whole(follower.seen, 3000)


async def test_missing_lines_are_waited_for_then_shown_as_missing(stage: Stage) -> None:
    await stage.send(numbered(0, 2), numbered(4, 6))
    follower = Follower(stage)
    await follower.follow(until=5)
    assert [line.seq for line in follower.seen] == [0, 1, 3, 4, 5]
    assert "2 to 3 are missing" in follower.seen[2].text
    await stage.send(numbered(2, 4))
    await stage.send(numbered(6, 7, last=True))
    again = Follower(stage)
    await again.follow(until=10**9)
    expect_whole(again.seen, 7)


async def test_a_slow_reader_costs_neither_memory_nor_the_others(stage: Stage) -> None:
    """60 MB flow past somebody who reads two lines."""
    assert stage.service.child
    async with stage.service.reader.events(LIVE) as slow:
        for first in range(0, 1000, 20):
            await stage.send(chunk(["x" * 10_000] * 20, first=first))
        await anext(slow)
        before = memory(stage.service.child.pid)
        for first in range(1000, 7000, 20):
            last = first == 6980
            await stage.send(chunk(["x" * 10_000] * 20, first=first, last=last))
        quick = Follower(stage)
        await quick.follow(until=10**9)
        assert len(quick.seen) == 7000
        assert memory(stage.service.child.pid) - before < 30 * 2**20
        assert json.loads((await anext(slow)).data)["seq"] == 1


def memory(pid: int) -> int:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * 4096


async def test_what_is_no_chunk_is_put_aside_and_the_rest_goes_on(stage: Stage) -> None:
    await stage.bus.publish(subjects.log(RUN), b"not a chunk")
    await stage.send(numbered(0, 1, last=True))
    follower = Follower(stage)
    await follower.follow(until=10**9)
    expect_whole(follower.seen, 1)


async def test_a_full_disk_is_said_and_loses_nothing(stage: Stage) -> None:
    folder = stage.service.data / "log-archive"
    folder.mkdir(exist_ok=True)
    shelf = folder / RUN.hex[:2]
    shelf.write_text("no folder can be made here")
    await stage.send(numbered(0, 3, last=True))
    async with asyncio.timeout(10):
        while (await stage.service.reader.client.get("/health/ready")).status_code != 503:  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.02)
    shelf.unlink()
    follower = Follower(stage)
    await follower.follow(until=10**9)
    expect_whole(follower.seen, 3)


async def test_an_open_tail_does_not_hold_up_the_end(stage: Stage) -> None:
    await stage.send(numbered(0, 1))
    async with stage.service.reader.events(LIVE) as events:
        await anext(events)
        assert stage.service.child
        async with asyncio.timeout(5):
            await stage.service.stop()
        assert stage.service.child.exit_code == 0, stage.service.log()


async def test_a_run_whose_end_comes_without_a_line_has_ended(stage: Stage) -> None:
    """As a builder says it: the last line is sent before it is known to be the last."""
    await stage.send(numbered(0, 3), numbered(3, 3, last=True))

    follower = Follower(stage)
    await follower.follow(until=10)

    assert (len(follower.seen), follower.ended) == (3, True)
    assert (await stage.read())[2] is True
