"""A command gets so much memory and so many processors, and sees what it may."""

import os

import pytest

from services.builder.adapters.isolation.room import Room, is_watched, of_machine
from services.builder.adapters.isolation.sandbox import Command, Exit
from services.builder.adapters.isolation.watch import Reason
from tests.support.sandboxes import Boxed

MEBIBYTE = 1 << 20
ROOM = Room(100 * MEBIBYTE, 1)

pytestmark = [
    pytest.mark.alone,
    pytest.mark.skipif(not is_watched(), reason="this kernel does not tell children"),
]


async def run(box: Boxed, script: str, room: Room = ROOM) -> Exit:
    command = Command(("python3", "-c", script), room=room)
    return await box.sandbox.run(command, on_output=box.keep, timeout=60)


async def test_a_command_that_takes_more_than_its_room_is_killed(box: Boxed) -> None:
    script = "import time; x = b'x' * (300 << 20); time.sleep(30); print('still here')"
    ended = await run(box, script)

    assert (ended.reason, ended.succeeded) == (Reason.OUT_OF_ROOM, False)
    assert ended.seconds < 20
    assert "still here" not in box.text


async def test_what_its_children_take_counts_too(box: Boxed) -> None:
    script = (
        "import os, time\n"
        "for _ in range(4):\n"
        "    if os.fork() == 0:\n"
        "        x = b'x' * (40 << 20); time.sleep(30); os._exit(0)\n"
        "time.sleep(30)"
    )

    assert (await run(box, script)).reason is Reason.OUT_OF_ROOM


async def test_what_it_shares_with_its_children_counts_once(box: Boxed) -> None:
    script = (
        "import os, time\n"
        "x = b'x' * (40 << 20)\n"
        "for _ in range(4):\n"
        "    if os.fork() == 0:\n"
        "        time.sleep(1.5); os._exit(0)\n"
        "time.sleep(2)"
    )

    assert (await run(box, script)).succeeded


@pytest.mark.parametrize(("mebibytes", "reason"), [(70, Reason.OUT_OF_ROOM), (1, Reason.EXITED)])
async def test_a_program_that_gives_up_had_too_little_room_when_most_was_taken(
    box: Boxed, mebibytes: int, reason: Reason
) -> None:
    script = f"import os, time; x = b'x' * ({mebibytes} << 20); time.sleep(1); os.abort()"
    ended = await run(box, script)

    assert (ended.code, ended.reason) == (134, reason)


async def test_it_runs_on_so_many_processors_and_the_builder_on_all_of_its_own(box: Boxed) -> None:
    before = os.sched_getaffinity(0)
    assert (await run(box, "import os; print(len(os.sched_getaffinity(0)))")).succeeded

    assert box.text.strip() == "1"
    assert os.sched_getaffinity(0) == before
    assert of_machine().cpus == len(before)


async def test_what_is_covered_is_neither_seen_nor_changed(box: Boxed) -> None:
    made = box.folder / "made"
    made.mkdir()
    (made / "template.json").write_text("as it was checked")
    script = "ls -A /workspace/made; echo x > /workspace/made/y; mv /workspace/made /workspace/z"
    command = Command(("/bin/sh", "-c", script), covered=("made",))
    ended = await box.sandbox.run(command, on_output=box.keep, timeout=30)

    assert not ended.succeeded
    assert "template.json" not in box.text
    assert [file.name for file in made.iterdir()] == ["template.json"]
