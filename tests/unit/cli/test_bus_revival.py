"""A bus whose disk was full is restarted once, as soon as something can be written there again."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from pathlib import Path

import pytest

from cli import bus_revival

LINE = "[7] [ERR] JetStream out of space: write 1.blk: no space left on device\n"


class Bus:
    """A log as nats-server writes it, and how often somebody restarted it."""

    def __init__(self, folder: Path) -> None:
        self.log, self.restarted, self.said = folder / "nats.log", 0, list[str]()
        self.log.write_text("[7] [INF] Server is ready\n")

    def writes(self, line: str) -> None:
        with self.log.open("a") as log:
            log.write(line)

    async def restart(self) -> None:
        self.restarted += 1
        self.log.write_text("[8] [INF] Server is ready\n")

    async def settles(self) -> None:
        await asyncio.sleep(0.2)


@pytest.fixture
async def bus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Bus]:
    monkeypatch.setattr(bus_revival, "EVERY_SECONDS", 0.01)
    bus = Bus(tmp_path)
    task = asyncio.create_task(bus_revival.revive(bus.log, bus.restart, say=bus.said.append))
    yield bus
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


@pytest.fixture
def full(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Fill the disk, or free it."""

    def fill(*, really: bool = True) -> None:
        monkeypatch.setattr(bus_revival, "has_space", lambda _folder: not really)

    return fill


async def test_it_is_left_alone_while_it_writes(bus: Bus) -> None:
    bus.writes("[7] [WRN] a slow consumer\n")
    await bus.settles()
    assert (bus.restarted, bus.said) == (0, [])


async def test_it_is_restarted_once_there_is_space_and_not_before(
    bus: Bus, full: Callable[..., None]
) -> None:
    full()
    bus.writes(LINE * 3)
    await bus.settles()
    assert bus.restarted == 0
    assert ["full" in line for line in bus.said] == [True]
    full(really=False)
    await bus.settles()
    assert bus.restarted == 1
    bus.writes(LINE)
    await bus.settles()
    assert bus.restarted == 2


def test_space_is_what_can_be_written(tmp_path: Path) -> None:
    assert bus_revival.has_space(tmp_path)
    assert list(tmp_path.iterdir()) == []
    assert not bus_revival.has_space(tmp_path / "not there")
