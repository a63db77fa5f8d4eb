"""`make kills`: kill -9 at the boundaries of every step, and the same end state as without.

A story without kills says which points there are and what must come of it. Then each story after
it is cut once in every act: the service that stands at a point, nats-server, or the supervisor.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from cli.git_server import GitServer
from cli.local_aws import LocalAws
from services.chassis.event_store import open_event_store
from services.chassis.event_store.port import EventStore
from services.chassis.logging import configure_logging
from tests.rigs.kills.gate import Gate, Point, Trap, kill, open_gate
from tests.rigs.kills.history import published_as_stored, views_and_rebuilt
from tests.rigs.kills.machine import Machine, running
from tests.rigs.kills.outcome import Outcome, outcome_of
from tests.rigs.kills.plan import BUS, SELF, SUPERVISOR, Kill, dealt, every_kill, some
from tests.rigs.kills.story import ACTS, Story, Unexpected
from tests.support.aws import INSTALLATION, AwsAccount

_STEP_SECONDS = 0.2
"""A step of a stack takes so long that it can be met half-way."""
_REGION = "us-east-1"


@dataclass
class Tally:
    """What came of the kills."""

    done: Counter[str] = field(default_factory=Counter)
    missed: int = 0
    """The point was not passed in this story: another one came first."""
    same: int = 0
    broken: list[str] = field(default_factory=list)


class Rig:
    """One machine, on which story after story is told."""

    def __init__(self, machine: Machine, gate: Gate, *, git: GitServer, store: EventStore) -> None:
        self._machine, self._gate, self._git, self._store = machine, gate, git, store
        self.tally = Tally()
        self.stories: list[Story] = []

    async def undisturbed(self) -> tuple[dict[str, list[Point]], Outcome]:
        """Tell a story without a kill: the points of each act, and what came of it."""
        story, points = await self._begin(), {}
        for act in ACTS:
            self._gate.forget()
            await story.act(act)
            points[act] = self._gate.passed
        return points, await self._outcome(story)

    async def cut(self, kills: Mapping[str, Kill], undisturbed: Outcome) -> None:
        """Tell a story with these kills, and compare."""
        story = await self._begin()
        try:
            for act in ACTS:
                await self._act(story, act, kills.get(act))
            differences = (await self._outcome(story)).other_than(undisturbed)
        except (Unexpected, TimeoutError) as stuck:
            differences = [f"it did not come to its end: {stuck!r}"]
        finally:
            self._gate.trap = None
        if differences:
            told = [f"  {kill}" for kill in kills.values()]
            self.tally.broken.append("\n".join([story.name, *told, *differences]))
            _say("\n".join(["   ✗ it ended otherwise", *differences]))
        else:
            self.tally.same += 1

    async def _act(self, story: Story, act: str, wanted: Kill | None) -> None:
        if wanted is None:
            return await story.act(act)
        began = time.monotonic()
        self._gate.trap = trap = Trap(wanted.point, lambda pid: self._spring(wanted.victim, pid))
        await story.act(act)
        self._gate.trap = None
        if trap.sprung.is_set():
            self.tally.done[wanted.victim] += 1
        else:
            self.tally.missed += 1
        mark = "✓" if trap.sprung.is_set() else "·"
        _say(f"   {mark} {wanted} ({time.monotonic() - began:.1f} s)")
        return None

    def _spring(self, victim: str, pid: int) -> None:
        victims = {SELF: pid, BUS: self._machine.bus, SUPERVISOR: self._machine.supervisor}
        if found := victims[victim]:
            kill(found)

    async def _begin(self) -> Story:
        story = Story(self._machine.api(), self._git, len(self.stories) + 1)
        self.stories.append(story)
        await story.begin(self._machine.folder / "sources")
        return story

    async def _outcome(self, story: Story) -> Outcome:
        account = AwsAccount(id="", region=_REGION, local_aws=self._machine.aws)
        return await outcome_of(story, self._store, account)


@asynccontextmanager
async def rig(folder: Path) -> AsyncIterator[tuple[Rig, Machine]]:
    """Everything that stories need."""
    aws = LocalAws(folder / "aws", installation=INSTALLATION, step_seconds=_STEP_SECONDS)
    aws.install(_say)
    aws.start()
    try:
        with GitServer(folder / "git") as git, open_gate(folder / "gate") as gate:
            machine = Machine(folder, gate=gate.path, aws=aws, git_origin=git.origin)
            async with running(machine):
                store = open_event_store(f"sqlite://{machine.data}/events.sqlite", read_only=True)
                try:
                    yield Rig(machine, gate, git=git, store=store), machine
                finally:
                    await store.close()
    finally:
        aws.stop()


async def main(points: int | None, seed: int, *, only: str, folder: Path) -> int:
    """Kill, compare, and say what came of it; 1 when anything was otherwise."""
    began = time.monotonic()
    async with rig(folder) as (cut, machine):
        passed, undisturbed = await cut.undisturbed()
        kills = [kill for kill in every_kill(passed) if only in str(kill)]
        chosen = kills if points is None else some(kills, points, seed)
        _say(f"{len(kills)} kills at {sum(map(len, passed.values()))} points; seed {seed}")
        for number, hand in enumerate(hands := dealt(chosen), start=1):
            _say(f"story {number} of {len(hands)}")
            await cut.cut(hand, undisturbed)
        tally, stories = cut.tally, cut.stories
        lost = await published_as_stored(machine)
        lost += await views_and_rebuilt(machine, stories)
    for trouble in [*tally.broken, *lost]:
        _say(f"✗ {trouble}")
    _say(_sums_up(tally, len(hands), lost, seconds=time.monotonic() - began))
    return 1 if tally.broken or lost else 0


def _sums_up(tally: Tally, stories: int, lost: Sequence[str], *, seconds: float) -> str:
    victims = ", ".join(f"{tally.done[v]} {v}" for v in (SELF, BUS, SUPERVISOR))
    return (
        f"kills: {tally.done.total()} ({victims}), {tally.missed} not reached; "
        f"{tally.same} of {stories} stories with the same end state, "
        f"{len(lost)} differences between store, bus and views; {seconds:.0f} s"
    )


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _count(text: str) -> int | None:
    return None if text == "all" else int(text)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.rigs.kills", description=__doc__)
    parser.add_argument("--points", type=_count, default=40, help="how many kills, or all")
    parser.add_argument("--only", default="", help="kills with these words, as they are shown")
    parser.add_argument("--keep", type=Path, help="a new folder, for everything that was written")
    parser.add_argument("--seed", type=int, default=int(time.time()) % 100_000)
    given = parser.parse_args()
    configure_logging("kills", "error")
    with tempfile.TemporaryDirectory(prefix="trellis-kills-") as temporary:
        where = given.keep or Path(temporary)
        sys.exit(asyncio.run(main(given.points, given.seed, only=given.only, folder=where)))
